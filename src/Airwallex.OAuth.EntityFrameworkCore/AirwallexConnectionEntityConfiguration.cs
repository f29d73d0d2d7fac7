using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>The table of connections, on any relational engine. Columns keep the names that the app's own conventions give them.</summary>
internal sealed class AirwallexConnectionEntityConfiguration : IEntityTypeConfiguration<AirwallexConnectionEntity>
{
    // What a key of SQL Server (900 bytes) and MySQL (767) holds with room to spare; Airwallex's ids have 27 characters.
    public const int MaxAccountIdLength = 255;

    // A date and time in UTC is what every engine can store, index and compare: SQLite cannot compare DateTimeOffset, and
    // PostgreSQL accepts UTC alone. The kind is set on reading since SQLite and SQL Server do not keep it.
    private static readonly ValueConverter<DateTimeOffset, DateTime> UtcInstant = new(
        instant => instant.UtcDateTime,
        stored => new DateTimeOffset(stored.Kind == DateTimeKind.Local ? stored.ToUniversalTime() : DateTime.SpecifyKind(stored, DateTimeKind.Utc)));

    public void Configure(EntityTypeBuilder<AirwallexConnectionEntity> builder)
    {
        builder.ToTable("AirwallexConnections");
        builder.HasKey(row => row.AccountId);
        builder.Property(row => row.AccountId).HasMaxLength(MaxAccountIdLength).ValueGeneratedNever();
        builder.Property(row => row.ProtectedAccessToken).IsUnicode(false);
        builder.Property(row => row.ProtectedRefreshToken).IsUnicode(false);
        builder.Property(row => row.Status).HasConversion<string>().HasMaxLength(32).IsUnicode(false);
        foreach (var property in builder.Metadata.GetProperties().Where(property => property.ClrType == typeof(DateTimeOffset) || property.ClrType == typeof(DateTimeOffset?)))
        {
            property.SetValueConverter(UtcInstant);
        }

        // The questions of the keep-alive and of the recovery, asked every few seconds by every instance: active connections due by
        // a moment, in the order of that moment. Each index holds the whole question, so that an engine without statistics
        // (SQLite, a cached plan) has no better one to take, and reads only what is due.
        builder.HasIndex(row => new { row.Status, row.RenewAt });
        builder.HasIndex(row => new { row.Status, row.LeaseExpiresAt });
    }
}
