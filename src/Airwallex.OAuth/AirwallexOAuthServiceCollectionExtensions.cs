using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Registers Airwallex OAuth.</summary>
public static class AirwallexOAuthServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="AirwallexConnections"/>, <see cref="AuthorizeUrlBuilder"/>, <see cref="TokenClient"/>,
    /// <see cref="AirwallexClientFactory"/> and the keep-alive, with options from a section of the configuration.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">
    /// The section, such as <c>configuration.GetSection("Airwallex")</c>. What changes in it takes effect without a
    /// restart.
    /// </param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="InvalidOperationException">An application without a name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(
        this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        return AddApplication(services, Options.DefaultName, configuration);
    }

    /// <summary>The same with options that are set in code.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="InvalidOperationException">An application without a name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(
        this IServiceCollection services, Action<AirwallexOAuthOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = AddApplication(services, Options.DefaultName);
        services.Configure(configure);
        return builder;
    }

    /// <summary>
    /// The same with options that are configured elsewhere, by
    /// <c>services.Configure&lt;AirwallexOAuthOptions&gt;(…)</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="InvalidOperationException">An application without a name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return AddApplication(services, Options.DefaultName);
    }

    /// <summary>
    /// Registers one of several applications of this program: a client id of its own, with its options and its
    /// connections. Its services are keyed by <paramref name="name"/>: <c>[FromKeyedServices("eu")]
    /// AirwallexConnections</c>. One token store and all observers serve all applications.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name, such as "eu" or "live"; not a path.</param>
    /// <param name="configuration">
    /// The section of this application. What changes in it takes effect without a restart.
    /// </param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    /// <exception cref="InvalidOperationException">An application with that name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(
        this IServiceCollection services, string name, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        ApplicationRegistration.CheckName(name, nameof(name));
        return AddApplication(services, name, configuration);
    }

    /// <summary>The same with options that are set in code.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name, such as "eu" or "live"; not a path.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    /// <exception cref="InvalidOperationException">An application with that name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(
        this IServiceCollection services, string name, Action<AirwallexOAuthOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        ApplicationRegistration.CheckName(name, nameof(name));
        var builder = AddApplication(services, name);
        services.Configure(name, configure);
        return builder;
    }

    /// <summary>
    /// The same with options that are configured elsewhere, by
    /// <c>services.Configure&lt;AirwallexOAuthOptions&gt;(name, …)</c>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">The name, such as "eu" or "live"; not a path.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    /// <exception cref="InvalidOperationException">An application with that name is registered already.</exception>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ApplicationRegistration.CheckName(name, nameof(name));
        return AddApplication(services, name);
    }

    private static AirwallexOAuthBuilder AddApplication(
        IServiceCollection services, string name, IConfiguration? configuration = null)
    {
        var registration = new ApplicationRegistration(name);
        EnsureFirst(services, registration);
        services.AddSingleton(registration);
        services.AddOptions<AirwallexOAuthOptions>(name).ValidateOnStart();
        if (configuration is not null)
        {
            var binder = new ConfigurationOptionsBinder(name, configuration);
            services.AddSingleton<IConfigureOptions<AirwallexOAuthOptions>>(binder);
            services.AddSingleton<IValidateOptions<AirwallexOAuthOptions>>(binder);
            services.AddSingleton<IOptionsChangeTokenSource<AirwallexOAuthOptions>>(
                new ConfigurationChangeTokenSource<AirwallexOAuthOptions>(name, configuration));
        }

        AddOncePerProgram(services);
        AddServicesOf(services, registration);
        return new AirwallexOAuthBuilder(
            services, name, configuration,
            TokenHttpClient.Add(services, registration),
            services.AddHttpClient(registration.ApiClientName).AddTokenHandler(name, accountSelector: null));
    }

    private static void EnsureFirst(IServiceCollection services, ApplicationRegistration registration)
    {
        if (!services.Any(service =>
            service.ServiceType == typeof(ApplicationRegistration)
            && registration.Equals(service.ImplementationInstance)))
        {
            return;
        }

        throw new InvalidOperationException(registration.Name == Options.DefaultName
            ? "AddAirwallexOAuth was called twice without a name. Give the second application a name, as in " +
              "AddAirwallexOAuth(\"eu\", …). To change the options of the first, call " +
              "services.Configure<AirwallexOAuthOptions>(…)."
            : $"AddAirwallexOAuth was called twice with the name '{registration.Name}'. Give each application a name " +
              "of its own. To change the options of one, call " +
              $"services.Configure<AirwallexOAuthOptions>(\"{registration.Name}\", …).");
    }

    private static void AddOncePerProgram(IServiceCollection services)
    {
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<AirwallexOAuthOptions>, AirwallexOAuthOptionsValidator>());
        services.TryAddSingleton<IOptionsFactory<AirwallexOAuthOptions>, LastValidOptions>();
        services.TryAddSingleton<DefaultTokenStore>();
        services.TryAddSingleton<ITokenStore>(
            static provider => provider.GetRequiredService<DefaultTokenStore>().Store);
        services.TryAddSingleton<ConnectionEventDispatcher>();
        services.TryAddSingleton<AirwallexApplications>();
        services.TryAddSingleton<StartChecks>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, PrimaryHandlerFilter>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartChecksService>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, KeepAliveService>());
    }

    private static void AddServicesOf(IServiceCollection services, ApplicationRegistration registration)
    {
        var name = registration.Name;
        services.AddKeyedSingleton(name, (provider, _) => CreateApplication(provider, registration));
        services.AddKeyedSingleton(name, (provider, _) => new ApiAddress(Application(provider)));

        Add(ServiceLifetime.Singleton, provider => Application(provider).Connections);
        Add(ServiceLifetime.Transient, provider =>
            TokenHttpClient.Create(provider, registration, Application(provider)));
        Add(ServiceLifetime.Transient, provider => new AuthorizeUrlBuilder(Application(provider).Options));
        Add(ServiceLifetime.Singleton, provider => new AirwallexClientFactory(
            registration,
            provider.GetRequiredService<IHttpMessageHandlerFactory>(),
            provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>()));

        void Add<T>(ServiceLifetime lifetime, Func<IServiceProvider, T> create) where T : class =>
            services.Add(name == Options.DefaultName
                ? new ServiceDescriptor(typeof(T), create, lifetime)
                : new ServiceDescriptor(typeof(T), name, (provider, _) => create(provider), lifetime));

        AirwallexApplication Application(IServiceProvider provider) =>
            provider.GetRequiredService<AirwallexApplications>().Get(name);
    }

    private static AirwallexApplication CreateApplication(
        IServiceProvider services, ApplicationRegistration registration)
    {
        services.GetRequiredService<StartChecks>().Run(); // Without a host, the first use is the start.

        AirwallexApplication application = null!;
        return application = new AirwallexApplication(ApplicationParts.From(
            services, registration.Name, () => TokenHttpClient.Create(services, registration, application)));
    }
}
