using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;

/// <summary>An application's own context, with a table of its own, and migrations made by <c>dotnet ef</c> as the README says.</summary>
public abstract class SampleDbContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<Customer> Customers => Set<Customer>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
}

/// <summary>Somebody who may connect an account.</summary>
public sealed class Customer
{
    public int Id { get; set; }

    public required string Name { get; set; }

    public string? AirwallexAccountId { get; set; }
}

/// <summary>The sample on SQLite: one application has one engine, but these tests have two, each with migrations of its own.</summary>
public sealed class SqliteSampleDbContext(DbContextOptions<SqliteSampleDbContext> options) : SampleDbContext(options)
{
    public sealed class Factory : IDesignTimeDbContextFactory<SqliteSampleDbContext>
    {
        public SqliteSampleDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqliteSampleDbContext>().UseSqlite().Options);
    }
}

/// <summary>The sample on PostgreSQL.</summary>
public sealed class PostgresSampleDbContext(DbContextOptions<PostgresSampleDbContext> options) : SampleDbContext(options)
{
    public sealed class Factory : IDesignTimeDbContextFactory<PostgresSampleDbContext>
    {
        public PostgresSampleDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<PostgresSampleDbContext>().UseNpgsql().Options);
    }
}
