using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;

/// <summary>An application's own context, with a table of its own.</summary>
public class SampleDbContext(DbContextOptions<SampleDbContext> options) : DbContext(options)
{
    public DbSet<Customer> Customers => Set<Customer>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
}

/// <summary>Somebody who may connect an account.</summary>
public class Customer
{
    public virtual int Id { get; set; }

    public virtual string Name { get; set; } = "";

    public virtual string? AirwallexAccountId { get; set; }
}
