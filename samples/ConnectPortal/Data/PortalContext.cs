using Airwallex.OAuth;
using Microsoft.EntityFrameworkCore;

namespace ConnectPortal.Data;

/// <summary>The portal's database: its own tables, and that of the connections.</summary>
public sealed class PortalContext(DbContextOptions<PortalContext> options) : DbContext(options)
{
    public DbSet<Business> Businesses => Set<Business>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        modelBuilder.UseAirwallexOAuth();
        modelBuilder.Entity<Business>().HasKey(business => business.AccountId);
    }
}
