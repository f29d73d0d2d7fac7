using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>The table. All that matters is set explicitly: conventions of the application do not change it.</summary>
internal sealed class AirwallexConnectionEntityConfiguration : IEntityTypeConfiguration<Row>
{
    /// <summary>Lengths, of which -1 is unbounded. The key fits SQL Server's 900 bytes and MySQL's 3,072.</summary>
    public static readonly Dictionary<string, (int MaxLength, bool IsUnicode)> Texts = new()
    {
        [nameof(Row.AccountId)] = (255, true),
        [nameof(Row.ClientId)] = (128, true),
        [nameof(Row.Version)] = (64, false),
        [nameof(Row.Status)] = (32, false),
        [nameof(Row.State)] = (-1, true),
        [nameof(Row.Tokens)] = (-1, false),
    };

    public void Configure(EntityTypeBuilder<Row> builder)
    {
        builder.ToTable("AirwallexConnections").HasKey(row => new { row.AccountId, row.ClientId });

        // What every instance asks every few seconds: one client's active connections that are due.
        builder.HasIndex(row => new { row.ClientId, row.Status, row.RenewAt });
        builder.HasIndex(row => new { row.ClientId, row.Status, row.RecoverAt });
        foreach (var (name, (maxLength, isUnicode)) in Texts)
        {
            builder.Property(name).IsRequired().HasMaxLength(maxLength).IsUnicode(isUnicode).IsFixedLength(false)
                .UseCollation(BinaryCollation(builder.Metadata.Model));
        }

        foreach (var property in builder.Metadata.GetProperties())
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

    // Texts are compared by ordinal, and the usual collations of these engines ignore case.
    private static string? BinaryCollation(IReadOnlyModel model) =>
        IsOf(model, "SqlServer:") ? "Latin1_General_100_BIN2" : IsOf(model, "MySql:") ? "utf8mb4_bin" : null;

    private static bool IsOf(IReadOnlyModel model, string provider) => model.GetAnnotations()
        .Any(annotation => annotation.Name.StartsWith(provider, StringComparison.OrdinalIgnoreCase));
}
