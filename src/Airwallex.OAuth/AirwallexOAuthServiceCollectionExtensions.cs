using System.Diagnostics.Metrics;
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
    /// <summary>The name of the client that requests to the token endpoint go through, for <c>services.AddHttpClient(name)</c>.</summary>
    public const string TokenClientName = "Airwallex.OAuth.TokenClient";

    /// <summary>
    /// Registers <see cref="AirwallexConnections"/>, <see cref="AuthorizeUrlBuilder"/>, <see cref="TokenClient"/>, <see cref="AirwallexClientFactory"/> and
    /// the keep-alive, with options from a section of the configuration.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section, such as <c>configuration.GetSection("Airwallex")</c>. What changes in it takes effect without a restart.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddOptions<AirwallexOAuthOptions>().Bind(configuration);
        return services.AddAirwallexOAuth();
    }

    /// <summary>The same with options set in code.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services, Action<AirwallexOAuthOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.Configure(configure);
        return services.AddAirwallexOAuth();
    }

    /// <summary>The same with options that are configured elsewhere, by <c>services.Configure&lt;AirwallexOAuthOptions&gt;(…)</c>.</summary>
    /// <param name="services">The services.</param>
    /// <returns>A builder to add a token store and observers with.</returns>
    public static AirwallexOAuthBuilder AddAirwallexOAuth(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddOptions<AirwallexOAuthOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AirwallexOAuthOptions>, AirwallexOAuthOptionsValidator>());
        services.TryAddSingleton<IOptionsFactory<AirwallexOAuthOptions>, LastValidOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddLogging();
        AddTokenClient(services);

        services.TryAddSingleton(CreateInMemoryStore);

        services.TryAddTransient(static provider =>
            new AuthorizeUrlBuilder(provider.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue));
        services.TryAddSingleton(static provider => new AirwallexConnections(provider.GetRequiredService<AirwallexApplication>()));
        if (services.All(service => service.ServiceType != typeof(AirwallexClientFactory)))
        {
            services.AddHttpClient(AirwallexClientFactory.ClientName).AddAirwallexToken();
            services.AddSingleton(static provider => new AirwallexClientFactory(
                provider.GetRequiredService<IHttpMessageHandlerFactory>(),
                provider.GetRequiredService<IOptionsMonitor<HttpClientFactoryOptions>>()));
        }

        return new AirwallexOAuthBuilder(services);
    }

    private static void AddTokenClient(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(TokenClient)))
        {
            return;
        }

        var builder = services.AddHttpClient<TokenClient>(TokenClientName, static client => client.Timeout = Timeout.InfiniteTimeSpan)
            // The time limit is TokenRequestTimeout. A redirect would carry the client secret to another address.
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        AirwallexHttpClientBuilderExtensions.HideAuthorizationFromLogs(builder);
    }

    private static ITokenStore CreateInMemoryStore(IServiceProvider services)
    {
        if (services.GetService<IHostEnvironment>() is { } environment && environment.IsProduction())
        {
            services.GetRequiredService<ILogger<InMemoryTokenStore>>().InMemoryStoreInProduction();
        }

        return new InMemoryTokenStore();
    }
}
