using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>Finds, without a query, what would keep connections from being saved and found again.</summary>
internal static class ContextValidator
{
    /// <summary>The fault and its remedy; null when there is none.</summary>
    /// <param name="one">A context.</param>
    /// <param name="other">Another, made while the first one is in use.</param>
    public static string? FindFault(DbContext one, DbContext other) =>
        !one.Database.IsRelational()
            ? $"{one.Database.ProviderName} has no conditional write. Use a relational database; a SQLite file in tests."
        : one.Model.FindEntityType(typeof(AirwallexConnectionEntity)) is not { } entity
            ? "its model has no table for them. Call modelBuilder.UseAirwallexOAuth() in OnModelCreating and add a migration."
        : string.IsNullOrEmpty(one.Database.GetDbConnection().ConnectionString) ? throw new InvalidOperationException("It has no connection string.")
        : one.Database.GetDbConnection().DataSource == ":memory:"
            ? "a :memory: database belongs to one connection, and background work needs its own. Use a file."
        : ReferenceEquals(one.Database.GetDbConnection(), other.Database.GetDbConnection())
            ? "all its contexts share one connection, which one operation at a time may use. Register it by a connection string or data source."
        : FindFault(entity) is { } fault
            ? $"{fault}. Call modelBuilder.UseAirwallexOAuth() at the end of OnModelCreating, leave {nameof(AirwallexConnectionEntity)} out of later "
                + "conventions, and add a migration."
        : null;

    private static string? FindFault(IEntityType entity)
    {
        var tokens = entity.GetProperties().Where(property => property.IsConcurrencyToken);
        return NamesOf(entity.FindPrimaryKey()?.Properties ?? []) is var key && key != "AccountId, ClientId" ? $"its key is {key}, not AccountId, ClientId"
            : NamesOf(tokens) is var names && names != nameof(AirwallexConnectionEntity.Version) ? $"Version is not its one concurrency token, but {names}"
            : typeof(AirwallexConnectionEntity).GetProperties().Select(property => FindFault(entity.FindProperty(property.Name), property.Name))
                .FirstOrDefault(fault => fault is not null);
    }

    private static string? FindFault(IProperty? property, string name)
    {
        var (needed, isUnicode) = AirwallexConnectionEntityConfiguration.Texts.GetValueOrDefault(name);
        return property?.GetRelationalTypeMapping() is not { } mapping ? $"property {name} is not mapped"
            : mapping.Converter is not null ? $"property {name} has a value converter, and must be stored as it is"
            : mapping.Size is > 0 and var size && (needed < 0 || size < needed) ? $"property {name} holds {size} characters, too few"
            : isUnicode && property.IsUnicode() == false ? $"property {name} does not hold Unicode"
            : null;
    }

    private static string NamesOf(IEnumerable<IProperty> properties) => string.Join(", ", properties.Select(property => property.Name));
}
