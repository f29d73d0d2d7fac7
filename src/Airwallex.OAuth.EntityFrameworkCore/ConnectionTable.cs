using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>What a model must say of the table.</summary>
internal static class ConnectionTable
{
    // Names, and milliseconds since 1970: every engine keeps and orders them exactly.
    private static readonly EnumToStringConverter<ConnectionStatus> ToName = new();
    private static readonly ValueConverter<DateTimeOffset, long> ToMilliseconds = new(
        instant => instant.ToUnixTimeMilliseconds(), value => DateTimeOffset.FromUnixTimeMilliseconds(value));

    // The mapping in a model that has no conventions and no provider.
    private static readonly IReadOnlyEntityType Needed =
        new ModelBuilder().UseAirwallexOAuth().Model.FindEntityType(typeof(Row))!;

    /// <summary>Sets all that matters explicitly, so that no convention of the application changes it.</summary>
    public static void Configure(EntityTypeBuilder<Row> table)
    {
        // The key fits SQL Server's 900 bytes and MySQL's 3,072.
        table.ToTable("AirwallexConnections").HasKey(row => new { row.AccountId, row.ClientId });

        // What every instance asks every few seconds: one client's active connections that are due.
        table.HasIndex(row => new { row.ClientId, row.Status, row.RenewAt });
        table.HasIndex(row => new { row.ClientId, row.Status, row.RecoverAt });
        table.Property(row => row.AccountId).HasMaxLength(255).IsUnicode();
        table.Property(row => row.ClientId).HasMaxLength(128).IsUnicode();
        table.Property(row => row.Version).HasMaxLength(64).IsUnicode(false);
        table.Property(row => row.Status).HasMaxLength(32).IsUnicode(false);
        table.Property(row => row.State).HasMaxLength(-1).IsUnicode();
        table.Property(row => row.Tokens).HasMaxLength(-1).IsUnicode(false);

        foreach (var property in table.Metadata.GetProperties())
        {
            property.IsConcurrencyToken = property.Name == nameof(Row.Version);
            if (!property.IsShadowProperty())
            {
                var isInstant = property.Name is nameof(Row.RenewAt) or nameof(Row.RecoverAt);
                property.IsNullable = property.Name == nameof(Row.RecoverAt);
                property.ValueGenerated = ValueGenerated.Never;
                property.SetColumnType(null);
                property.SetIsFixedLength(isInstant ? null : false);
                property.SetCollation(isInstant ? null : BinaryCollation(table.Metadata.Model));
                property.SetProviderClrType(null);
                property.SetValueConverter(
                    isInstant ? ToMilliseconds : property.Name == nameof(Row.Status) ? ToName : null);
                property.SetValueComparer((ValueComparer?)null);
            }
        }
    }

    /// <summary>
    /// Finds, without a query, what would keep connections from being saved and found again by two contexts that exist
    /// at the same time: the fault and its remedy; null when there is none.
    /// </summary>
    public static string? FindFault(DbContext one, DbContext other) =>
        !one.Database.IsRelational()
            ? $"{one.Database.ProviderName} has no conditional write. Use a database: in tests, a SQLite file."
        : one.Model.FindEntityType(typeof(Row)) is not { } table
            ? "its model has no table. Call modelBuilder.UseAirwallexOAuth() in OnModelCreating and add a migration."
        : one.Database.GetDbConnection() is var connection && string.IsNullOrEmpty(connection.ConnectionString)
            ? throw new InvalidOperationException("It has no connection string.")
        : connection.DataSource == ":memory:" || ReferenceEquals(connection, other.Database.GetDbConnection())
            ? "all work would share one connection (or, with :memory:, each context has a database of its own). "
                + "Register a connection string of a server or a file."
        : Needed.GetProperties().Concat<IReadOnlyProperty>(table.GetProperties()).Select(property => property.Name)
            .FirstOrDefault(name => !Fits(table.FindProperty(name), Needed.FindProperty(name))) is { } misfit
            ? $"its property {misfit} differs from what UseAirwallexOAuth sets (key, concurrency token, null, value "
                + "converter, length, Unicode). Call modelBuilder.UseAirwallexOAuth() at the end of OnModelCreating, "
                + "leave AirwallexConnectionEntity out of what comes later, and add a migration."
        : null;

    // A column that the application added may be anything but part of the key or a concurrency token.
    private static bool Fits(IProperty? property, IReadOnlyProperty? needed) =>
        property is not null
        && property.IsPrimaryKey() == (needed?.IsPrimaryKey() == true)
        && property.IsConcurrencyToken == (needed?.IsConcurrencyToken == true)
        && (needed is null
            || (property.IsNullable == needed.IsNullable
                && property.GetRelationalTypeMapping() is var mapping
                && mapping.Converter?.GetType() == needed.GetValueConverter()?.GetType()
                && (mapping.Size is not > 0 || (uint)mapping.Size >= (uint)(needed.GetMaxLength() ?? 0))
                && (property.IsUnicode() != false || needed.IsUnicode() != true)));

    // Texts are compared by ordinal, and the usual collations of these engines ignore case.
    private static string? BinaryCollation(IReadOnlyModel model) =>
        IsOf(model, "SqlServer:") ? "Latin1_General_100_BIN2" : IsOf(model, "MySql:") ? "utf8mb4_bin" : null;

    private static bool IsOf(IReadOnlyModel model, string provider) => model.GetAnnotations()
        .Any(annotation => annotation.Name.StartsWith(provider, StringComparison.OrdinalIgnoreCase));
}
