using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>The table. What matters is set explicitly, so that conventions of the application's model do not change it.</summary>
internal sealed class AirwallexConnectionEntityConfiguration : IEntityTypeConfiguration<AirwallexConnectionEntity>
{
    // The key fits SQL Server's 900 bytes and MySQL's 3,072. A length of -1 is unbounded text on every engine.
    public static readonly Dictionary<string, (int MaxLength, bool IsUnicode)> Texts = new()
    {
        [nameof(AirwallexConnectionEntity.AccountId)] = (255, true),
        [nameof(AirwallexConnectionEntity.ClientId)] = (128, true),
        [nameof(AirwallexConnectionEntity.Version)] = (64, false),
        [nameof(AirwallexConnectionEntity.Status)] = (32, false),
        [nameof(AirwallexConnectionEntity.State)] = (-1, true),
        [nameof(AirwallexConnectionEntity.Tokens)] = (-1, false),
    };

    public void Configure(EntityTypeBuilder<AirwallexConnectionEntity> builder)
    {
        builder.ToTable("AirwallexConnections").HasKey(row => new { row.AccountId, row.ClientId });

        // What every instance asks every few seconds: one client's active connections that are due. Each index holds the whole question.
        builder.HasIndex(row => new { row.ClientId, row.Status, row.RenewAt });
        builder.HasIndex(row => new { row.ClientId, row.Status, row.RecoverAt });
        foreach (var (name, (maxLength, isUnicode)) in Texts)
        {
            builder.Property(name).IsRequired().HasMaxLength(maxLength).IsUnicode(isUnicode).IsFixedLength(false)
                .UseCollation(BinaryCollation(builder.Metadata.Model));
        }

        foreach (var property in builder.Metadata.GetProperties())
        {
            property.IsConcurrencyToken = property.Name == nameof(AirwallexConnectionEntity.Version);
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

    // Ids are compared by ordinal, and the usual collations of these engines ignore case. The provider's annotations tell the engine.
    private static string? BinaryCollation(IReadOnlyModel model) =>
        Has(model, "SqlServer:") ? "Latin1_General_100_BIN2" : Has(model, "MySql:") ? "utf8mb4_bin" : null;

    private static bool Has(IReadOnlyModel model, string prefix) =>
        model.GetAnnotations().Any(annotation => annotation.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
