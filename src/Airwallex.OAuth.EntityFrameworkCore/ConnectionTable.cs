using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>What a model must say of the table, and what it says instead.</summary>
internal static class ConnectionTable
{
    // Lengths, of which -1 is unbounded, and whether it is Unicode. The key fits SQL Server's 900 bytes, MySQL's 3,072.
    private static readonly Dictionary<string, (int MaxLength, bool IsUnicode)> Texts = new()
    {
        [nameof(Row.AccountId)] = (255, true),
        [nameof(Row.ClientId)] = (128, true),
        [nameof(Row.Version)] = (64, false),
        [nameof(Row.Status)] = (32, false),
        [nameof(Row.State)] = (-1, true),
        [nameof(Row.Tokens)] = (-1, false),
    };

    /// <summary>Sets all that matters explicitly, so that no convention of the application changes it.</summary>
    public static void Configure(EntityTypeBuilder<Row> table)
    {
        table.ToTable("AirwallexConnections").HasKey(row => new { row.AccountId, row.ClientId });

        // What every instance asks every few seconds: one client's active connections that are due.
        table.HasIndex(row => new { row.ClientId, row.Status, row.RenewAt });
        table.HasIndex(row => new { row.ClientId, row.Status, row.RecoverAt });
        foreach (var (name, (maxLength, isUnicode)) in Texts)
        {
            table.Property(name).IsRequired().HasMaxLength(maxLength).IsUnicode(isUnicode).IsFixedLength(false)
                .UseCollation(BinaryCollation(table.Metadata.Model));
        }

        foreach (var property in table.Metadata.GetProperties())
        {
            property.IsConcurrencyToken = property.Name == nameof(Row.Version);
            if (!property.IsShadowProperty())
            {
                property.ValueGenerated = ValueGenerated.Never;
                property.SetColumnType(null);
                property.SetProviderClrType(null);
                property.SetValueConverter((ValueConverter?)null);
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
        : FindFault(table) is { } fault
            ? $"{fault}. Call modelBuilder.UseAirwallexOAuth() at the end of OnModelCreating, leave "
                + "AirwallexConnectionEntity out of what comes later, and add a migration."
        : null;

    private static string? FindFault(IEntityType table) => typeof(Row).GetProperties().Select(one => one.Name)
        .Union(table.GetProperties().Select(one => one.Name))
        .Select(name => FindFault(table.FindProperty(name), name)).FirstOrDefault(fault => fault is not null);

    private static string? FindFault(IProperty? property, string name) =>
        property is null ? $"property {name} is not mapped"
        : property.IsPrimaryKey() != (name is nameof(Row.AccountId) or nameof(Row.ClientId))
            ? $"its key is not AccountId and ClientId: {name}"
        : property.IsConcurrencyToken != (name == nameof(Row.Version))
            ? $"its concurrency token is not Version alone: {name}"
        : property.IsShadowProperty() ? null
        : property.GetRelationalTypeMapping() is var mapping && mapping.Converter is not null
            ? $"property {name} has a value converter"
        : !Texts.TryGetValue(name, out var needed) ? null
        : mapping.Size is > 0 and var size && (uint)size < (uint)needed.MaxLength
            ? $"property {name} holds {size} characters"
        : needed.IsUnicode && property.IsUnicode() == false ? $"property {name} does not hold Unicode"
        : null;

    // Texts are compared by ordinal, and the usual collations of these engines ignore case.
    private static string? BinaryCollation(IReadOnlyModel model) =>
        IsOf(model, "SqlServer:") ? "Latin1_General_100_BIN2" : IsOf(model, "MySql:") ? "utf8mb4_bin" : null;

    private static bool IsOf(IReadOnlyModel model, string provider) => model.GetAnnotations()
        .Any(annotation => annotation.Name.StartsWith(provider, StringComparison.OrdinalIgnoreCase));
}
