using Microsoft.EntityFrameworkCore.Metadata;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>Finds, without a query, what would keep connections from being saved and found again.</summary>
internal static class ContextValidator
{
    /// <summary>The fault and remedy of two contexts that exist at the same time; null when there is none.</summary>
    public static string? FindFault(DbContext one, DbContext other) =>
        !one.Database.IsRelational()
            ? $"{one.Database.ProviderName} has no conditional write. Use a database: in tests, a SQLite file."
        : one.Model.FindEntityType(typeof(Row)) is not { } entity
            ? "its model has no table. Call modelBuilder.UseAirwallexOAuth() in OnModelCreating and add a migration."
        : one.Database.GetDbConnection() is var connection && string.IsNullOrEmpty(connection.ConnectionString)
            ? throw new InvalidOperationException("It has no connection string.")
        : connection.DataSource == ":memory:"
            ? "a :memory: database belongs to one connection, and background work needs its own. Use a file."
        : ReferenceEquals(connection, other.Database.GetDbConnection())
            ? "its contexts share one connection, which one operation at a time may use. Register a connection string."
        : FindFault(entity) is { } fault
            ? $"{fault}. Call modelBuilder.UseAirwallexOAuth() at the end of OnModelCreating, leave "
                + "AirwallexConnectionEntity out of what comes later, and add a migration."
        : null;

    private static string? FindFault(IEntityType entity)
    {
        var key = NamesOf(entity.FindPrimaryKey()?.Properties ?? []);
        var tokens = NamesOf(entity.GetProperties().Where(property => property.IsConcurrencyToken));
        return key != "AccountId, ClientId" ? $"its key is {key}, not AccountId, ClientId"
            : tokens != "Version" ? $"its concurrency token is {tokens}, not Version alone"
            : typeof(Row).GetProperties()
                .Select(property => FindFault(entity.FindProperty(property.Name), property.Name))
                .FirstOrDefault(fault => fault is not null);
    }

    private static string? FindFault(IProperty? property, string name)
    {
        var (needed, isUnicode) = AirwallexConnectionEntityConfiguration.Texts.GetValueOrDefault(name);
        return property?.GetRelationalTypeMapping() is not { } mapping ? $"property {name} is not mapped"
            : mapping.Converter is not null ? $"property {name} has a value converter"
            : mapping.Size is > 0 and var size && (uint)size < (uint)needed ? $"property {name} holds {size} characters"
            : isUnicode && property.IsUnicode() == false ? $"property {name} does not hold Unicode"
            : null;
    }

    private static string NamesOf(IEnumerable<IProperty> all) => string.Join(", ", all.Select(one => one.Name));
}
