using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Airwallex.OAuth;

/// <summary>Adds to what <c>AddAirwallexOAuth</c> registered. Every method returns the builder.</summary>
/// <param name="services">The services being registered.</param>
public sealed class AirwallexOAuthBuilder(IServiceCollection services)
{
    /// <summary>The services being registered; for packages that extend this one.</summary>
    public IServiceCollection Services { get; } = services ?? throw new ArgumentNullException(nameof(services));

    /// <summary>Keeps connections in <typeparamref name="TStore"/>, a singleton, instead of in memory.</summary>
    public AirwallexOAuthBuilder AddTokenStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, ITokenStore
    {
        Services.Replace(ServiceDescriptor.Singleton<ITokenStore, TStore>());
        return this;
    }

    /// <summary>Keeps connections in the store that <paramref name="create"/> makes, once, instead of in memory.</summary>
    public AirwallexOAuthBuilder AddTokenStore(Func<IServiceProvider, ITokenStore> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Services.Replace(ServiceDescriptor.Singleton(create));
        return this;
    }

    /// <summary>Tells <typeparamref name="TObserver"/>, a singleton, what happens to connections. Several may be added.</summary>
    public AirwallexOAuthBuilder AddConnectionObserver<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, IConnectionObserver
    {
        Services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionObserver, TObserver>());
        return this;
    }

    /// <summary>Tells the observer that <paramref name="create"/> makes, once, what happens to connections. Several may be added.</summary>
    public AirwallexOAuthBuilder AddConnectionObserver(Func<IServiceProvider, IConnectionObserver> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Services.AddSingleton(create);
        return this;
    }
}
