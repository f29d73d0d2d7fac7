using Airwallex.OAuth.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Adds the browser flow and the webhooks to an ASP.NET Core application.</summary>
public static class ConnectFlowBuilderExtensions
{
    /// <summary>
    /// Adds "Connect with Airwallex": an authentication scheme that takes a customer to Airwallex and back, and saves
    /// the connection. Map its endpoints with <c>app.MapAirwallexOAuth()</c>. Options are read from the section that
    /// <c>AddAirwallexOAuth</c> was given, webhook secrets included (<c>Airwallex:Webhooks:Secrets</c>), and follow its
    /// changes.
    /// </summary>
    /// <remarks>
    /// The scheme signs nobody in and is never a default: the application's own default scheme stays what it was. The
    /// state of a flow is encrypted with ASP.NET Core Data Protection, so instances that share customers share its
    /// keys. Calling this again adds to the configuration.
    /// </remarks>
    /// <param name="builder">What <c>AddAirwallexOAuth</c> returned.</param>
    /// <param name="configure">
    /// Sets the options, after the section. Default: null, the section and the defaults.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static AirwallexOAuthBuilder AddConnectFlow(
        this AirwallexOAuthBuilder builder, Action<ConnectFlowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var (services, name) = (builder.Services, builder.Name);
        if (!services.Any(service => service.ServiceType == typeof(ConnectFlow) && name.Equals(service.ServiceKey)))
        {
            AddShared(services);
            AddApplication(services, name, builder.Configuration);
        }

        services.Configure(name, configure ?? (static _ => { }));
        return builder;
    }

    private static void AddShared(IServiceCollection services)
    {
        services.AddRouting();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IOptionsFactory<ConnectFlowOptions>, LastValidOptions>();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ConnectFlowOptions>, ConnectFlowOptionsValidator>());
        services.TryAddSingleton<LogThrottle>();
        services.TryAddSingleton<DisconnectionReports>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DisconnectionReports>(
            static provider => provider.GetRequiredService<DisconnectionReports>()));
        services.PostConfigure<AuthenticationOptions>(KeepDefaultScheme);
    }

    private static void AddApplication(IServiceCollection services, string name, IConfiguration? section)
    {
        services.AddKeyedSingleton(name, (provider, _) => new ConnectFlow(name, provider));
        services.AddKeyedSingleton(name, (provider, _) => new WebhookReceiver(
            provider.GetRequiredKeyedService<ConnectFlow>(name),
            provider.GetRequiredService<DisconnectionReports>(),
            provider));
        services.AddSingleton<IStartupFilter>(provider =>
            new ConnectFlowStartCheck(
                provider.GetRequiredKeyedService<ConnectFlow>(name),
                provider.GetRequiredService<ILogger<ConnectFlowStartCheck>>()));

        var options = services.AddOptions<ConnectFlowOptions>(name).ValidateOnStart();
        if (section is not null)
        {
            options.Bind(section).Configure(flow => ReadSecrets(section, flow));
        }

        var scheme = ConnectFlowDefaults.SchemeFor(name);
        services.AddAuthentication()
            .AddScheme<RemoteAuthenticationOptions, ConnectHandler>(scheme, displayName: null, remote =>
            {
                // Not used: the callback is an endpoint. The machinery insists on a value.
                remote.CallbackPath = "/airwallex/callback";
                remote.CorrelationCookie.Name = ".Airwallex.Connect.";
                // Airwallex sends the customer back by a top-level GET, for which Lax is enough; None would need https
                // even on localhost.
                remote.CorrelationCookie.SameSite = SameSiteMode.Lax;
                remote.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            });
    }

    // An environment variable or a mounted file often holds one secret, not a list of them. A null is a place that is
    // not filled. The list is read here once more, for the case that another value of the section cannot be bound.
    private static void ReadSecrets(IConfiguration section, ConnectFlowOptions flow)
    {
        var secrets = section.GetSection("Webhooks:Secrets");
        if (secrets.Value is { Length: > 0 } secret)
        {
            flow.Webhooks.Secrets = [secret];
        }
        else if (secrets.GetChildren().Select(child => child.Value).OfType<string>().ToList() is { Count: > 0 } list)
        {
            flow.Webhooks.Secrets = list;
        }
        else
        {
            flow.Webhooks.Secrets = [.. (flow.Webhooks.Secrets ?? []).Where(item => item is not null)];
        }
    }

    /// <summary>
    /// ASP.NET Core makes the only scheme of an application its default. Our schemes must neither become that default,
    /// nor, by being more, take it from the application's own.
    /// </summary>
    private static void KeepDefaultScheme(AuthenticationOptions options)
    {
        if (options.DefaultScheme is not null)
        {
            return;
        }

        var own = options.Schemes
            .Where(scheme => scheme.HandlerType != typeof(ConnectHandler)).Select(scheme => scheme.Name).ToList();
        options.DefaultScheme = own.Count switch
        {
            1 => own[0],
            // A default that names no scheme is none; left null, ours would be the default.
            0 => "",
            _ => null,
        };
    }
}
