using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Airwallex.OAuth;

/// <summary>
/// Adds to an application that <c>AddAirwallexOAuth</c> registered. Every method returns the builder.
/// </summary>
public sealed class AirwallexOAuthBuilder
{
    internal AirwallexOAuthBuilder(
        IServiceCollection services,
        string name,
        IConfiguration? configuration,
        IHttpClientBuilder tokenHttpClient,
        IHttpClientBuilder apiHttpClient)
    {
        Services = services;
        Name = name;
        Configuration = configuration;
        TokenHttpClient = tokenHttpClient;
        ApiHttpClient = apiHttpClient;
    }

    /// <summary>The services being registered; for packages that extend this one.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// The name of the application: the key of its keyed services and the name of its options. Empty for the
    /// application without a name.
    /// </summary>
    public string Name { get; }

    /// <summary>
    /// The section that the options come from; for packages that read settings of their own from it. Null when the
    /// options are set in code.
    /// </summary>
    public IConfiguration? Configuration { get; }

    /// <summary>
    /// The client of the token endpoint: one call, one request. Handlers, loggers and time limits that
    /// <c>ConfigureHttpClientDefaults</c> sets for all clients do not reach it; the primary handler, such as one with a
    /// proxy, does, with redirects and cookies turned off. Handlers that are added here apply; one that sends a request
    /// twice puts connections at risk.
    /// </summary>
    public IHttpClientBuilder TokenHttpClient { get; }

    /// <summary>
    /// The client behind <see cref="AirwallexClientFactory.CreateClient(string)"/>, such as for a resilience handler.
    /// </summary>
    public IHttpClientBuilder ApiHttpClient { get; }

    /// <summary>
    /// Keeps the connections of all applications in <typeparamref name="TStore"/>, a singleton. Default: in memory,
    /// which a host accepts in Development only.
    /// </summary>
    public AirwallexOAuthBuilder AddTokenStore<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>()
        where TStore : class, ITokenStore
    {
        Services.Replace(ServiceDescriptor.Singleton<ITokenStore, TStore>());
        return this;
    }

    /// <summary>
    /// Keeps the connections of all applications in the store that <paramref name="create"/> makes, once. Default: in
    /// memory, which a host accepts in Development only.
    /// </summary>
    /// <param name="create">Makes the store.</param>
    public AirwallexOAuthBuilder AddTokenStore(Func<IServiceProvider, ITokenStore> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        Services.Replace(ServiceDescriptor.Singleton(create));
        return this;
    }

    /// <summary>
    /// Tells <typeparamref name="TObserver"/> what happens to the connections of all applications. It is made in a
    /// scope of its own for each event, so it may inject anything. Several may be added; each once.
    /// </summary>
    public AirwallexOAuthBuilder AddConnectionObserver<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TObserver>()
        where TObserver : class, IConnectionObserver
    {
        if (Services.All(service => service.ServiceType != typeof(TObserver)))
        {
            Services.AddScoped<TObserver>();
        }

        var isAdded = Services.Any(service =>
            service.ImplementationInstance is ObserverRegistration registered
                && registered.Name == typeof(TObserver).FullName);
        return isAdded
            ? this
            : AddObserver(typeof(TObserver).FullName!, static provider => provider.GetRequiredService<TObserver>());
    }

    /// <summary>
    /// Tells the observer that <paramref name="create"/> makes what happens to the connections of all applications. It
    /// is made in a scope of its own for each event, which disposes of it. Several may be added.
    /// </summary>
    /// <param name="create">Makes the observer, from the services of the event's scope.</param>
    public AirwallexOAuthBuilder AddConnectionObserver(Func<IServiceProvider, IConnectionObserver> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        return AddObserver("(made by a function)", create);
    }

    private AirwallexOAuthBuilder AddObserver(string name, Func<IServiceProvider, IConnectionObserver> create)
    {
        Services.AddSingleton(new ObserverRegistration(name, create));
        return this;
    }
}
