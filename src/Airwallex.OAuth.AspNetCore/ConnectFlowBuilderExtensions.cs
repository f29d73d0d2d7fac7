using Airwallex.OAuth.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Adds the browser flow and the webhooks to an ASP.NET Core application.</summary>
public static class ConnectFlowBuilderExtensions
{
    /// <summary>
    /// Adds "Connect with Airwallex": an authentication scheme named <c>Airwallex</c> that takes a customer to Airwallex and back, and
    /// saves the connection. Map its endpoints with <c>app.MapAirwallexOAuth()</c>.
    /// </summary>
    /// <remarks>
    /// The scheme signs nobody in and is never a default: the application's own default scheme stays what it was. The state of a flow
    /// is encrypted with ASP.NET Core Data Protection, so instances that share customers share its keys. Calling this again adds
    /// to the configuration.
    /// </remarks>
    /// <param name="builder">What <c>AddAirwallexOAuth</c> returned.</param>
    /// <param name="configure">Sets the options. Default: null, the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static AirwallexOAuthBuilder AddConnectFlow(this AirwallexOAuthBuilder builder, Action<ConnectFlowOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        var services = builder.Services;
        services.Configure(configure ?? (_ => { }));
        if (services.Any(service => service.ServiceType == typeof(ConnectFlowMemory)))
        {
            return builder;
        }

        services.AddSingleton<ConnectFlowMemory>();
        services.AddSingleton<WebhookReceiver>();
        services.AddClientRefusal();
        services.AddSingleton<IValidateOptions<ConnectFlowOptions>, ConnectFlowValidation>();
        services.AddOptions<ConnectFlowOptions>().ValidateOnStart();

        services.AddAuthentication().AddScheme<ConnectHandlerOptions, ConnectHandler>(ConnectFlowDefaults.AuthenticationScheme, displayName: null, configureOptions: null);
        services.AddSingleton<IPostConfigureOptions<AuthenticationOptions>, KeepDefaultScheme>();
        services.AddOptions<ConnectHandlerOptions>(ConnectFlowDefaults.AuthenticationScheme)
            .Configure<IOptions<ConnectFlowOptions>, IDataProtectionProvider>((scheme, flow, dataProtection) =>
            {
                scheme.CallbackPath = flow.Value.CallbackPath;
                scheme.RemoteAuthenticationTimeout = flow.Value.StateLifetime;
                scheme.StateDataFormat = new PropertiesDataFormat(dataProtection.CreateProtector("Airwallex.OAuth.AspNetCore.ConnectFlow", "v1"));
                // Airwallex sends the customer back by a top-level GET, for which Lax is enough; None would need https even on localhost.
                scheme.CorrelationCookie.SameSite = SameSiteMode.Lax;
                scheme.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            });
        return builder;
    }

    internal static void AddClientRefusal(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<ClientRefusal>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionObserver, ClientRefusal>(provider => provider.GetRequiredService<ClientRefusal>()));
    }
}
