using Airwallex.OAuth.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth;

/// <summary>Keeps connections in the application's own database.</summary>
public static class AirwallexOAuthEntityFrameworkCoreExtensions
{
    /// <summary>
    /// Keeps connections in the database of <typeparamref name="TContext"/>, tokens encrypted. Any relational provider of Entity
    /// Framework Core will do; the database is the only thing that instances of the application share.
    /// </summary>
    /// <remarks>
    /// <para>Call <see cref="UseAirwallexOAuth"/> in the context's <c>OnModelCreating</c> and add a migration. Each operation uses a
    /// context of its own, from <see cref="IDbContextFactory{TContext}"/> when one is registered and from a new scope otherwise, in no
    /// transaction of the caller's.</para>
    /// <para>Tokens are encrypted by ASP.NET Core Data Protection. Its services are registered if need be, and the application's own
    /// set-up of them is kept. All instances must share the keys, and the keys must outlive them: see <c>PersistKeysTo…</c> and
    /// <c>SetApplicationName</c>. Without the keys the tokens cannot be read.</para>
    /// </remarks>
    /// <typeparam name="TContext">The application's own context, registered by <c>AddDbContext</c> or <c>AddDbContextFactory</c>.</typeparam>
    /// <param name="builder">What <c>AddAirwallexOAuth</c> returned.</param>
    /// <returns>The builder.</returns>
    public static AirwallexOAuthBuilder AddEntityFrameworkStore<TContext>(this AirwallexOAuthBuilder builder)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddDataProtection();
        return builder.AddTokenStore<EntityFrameworkTokenStore<TContext>>();
    }

    /// <summary>
    /// Adds the table of connections, <c>AirwallexConnections</c>, to the model. Call it in <c>OnModelCreating</c>; what is configured
    /// for <see cref="AirwallexConnectionEntity"/> after the call (table, schema, column names, collations) wins.
    /// </summary>
    /// <param name="modelBuilder">The model being built.</param>
    /// <returns>The model builder.</returns>
    public static ModelBuilder UseAirwallexOAuth(this ModelBuilder modelBuilder)
    {
        ArgumentNullException.ThrowIfNull(modelBuilder);
        return modelBuilder.ApplyConfiguration(new AirwallexConnectionEntityConfiguration());
    }
}
