using Airwallex.OAuth.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Airwallex.OAuth;

/// <summary>Keeps connections in the application's own database.</summary>
public static class AirwallexOAuthEntityFrameworkCoreExtensions
{
    /// <summary>
    /// Keeps connections in the database of <typeparamref name="TContext"/>, by any relational provider of Entity
    /// Framework Core 8, 9 or 10. The database is all that instances of the application share.
    /// </summary>
    /// <remarks>
    /// <para>Call <see cref="UseAirwallexOAuth"/> in the context's <c>OnModelCreating</c> and add a migration. Each
    /// operation uses a context of its own, from <see cref="IDbContextFactory{TContext}"/> when one is registered and
    /// from a new scope otherwise, outside the caller's request and transaction. What does not fit is refused when the
    /// host starts, or at first use, by an <see cref="AirwallexOAuthException"/> that names the remedy.</para>
    /// <para>Registers ASP.NET Core Data Protection, which encrypts the tokens, and keeps what the application
    /// configured. All instances must share its keys and application name, and the keys must outlive them.</para>
    /// </remarks>
    /// <typeparam name="TContext">The context, registered by AddDbContext or AddDbContextFactory.</typeparam>
    /// <param name="builder">What <c>AddAirwallexOAuth</c> returned.</param>
    public static AirwallexOAuthBuilder AddEntityFrameworkStore<TContext>(this AirwallexOAuthBuilder builder)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddDataProtection();
        builder.Services.TryAddSingleton<ContextRunner<TContext>>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<ContextRunner<TContext>>());
        return builder.AddTokenStore<EntityFrameworkTokenStore<TContext>>();
    }

    /// <summary>
    /// Adds the table <c>AirwallexConnections</c> to the model. Call it in <c>OnModelCreating</c>, after what the
    /// application does to all its entities. What is configured for <see cref="AirwallexConnectionEntity"/> after the
    /// call (table, schema, column names) wins.
    /// </summary>
    /// <param name="modelBuilder">The model being built.</param>
    public static ModelBuilder UseAirwallexOAuth(this ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        return modelBuilder.Entity<Row>(ConnectionTable.Configure);
    }
}
