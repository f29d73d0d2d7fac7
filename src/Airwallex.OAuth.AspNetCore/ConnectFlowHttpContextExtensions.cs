using Airwallex.OAuth.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth;

/// <summary>Starts the flow without a redirect.</summary>
public static class ConnectFlowHttpContextExtensions
{
    /// <summary>
    /// Starts the flow and returns the URL to send the customer's browser to, for single-page applications and popups.
    /// The cookie of the flow is set on this response, so fetch it with credentials, from the same site.
    /// </summary>
    /// <param name="context">The request of the customer's browser. Its user is the one who connects.</param>
    /// <param name="properties">
    /// How to start. Default: null, the configured scopes, and the application's root as the place where the customer
    /// ends.
    /// </param>
    /// <param name="applicationName">
    /// The name that was given to <c>AddAirwallexOAuth</c>. Default: empty, the application without a name.
    /// </param>
    /// <exception cref="ArgumentNullException">
    /// <paramref name="context"/> or <paramref name="applicationName"/> is null.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The application has no connect flow, its endpoints are not mapped, or a setting or a property cannot work.
    /// </exception>
    /// <remarks>RFC 6749, section 4.1.1.</remarks>
    public static async Task<Uri> CreateAirwallexConnectUrlAsync(
        this HttpContext context, ConnectProperties? properties = null, string applicationName = "")
    {
        ArgumentNullException.ThrowIfNull(context);
        var scheme = ConnectFlowDefaults.SchemeFor(applicationName);
        var handlers = context.RequestServices.GetService<IAuthenticationHandlerProvider>();
        var handler = handlers is null ? null : await handlers.GetHandlerAsync(context, scheme).ConfigureAwait(false);
        return handler is ConnectHandler connect
            ? await connect.StartAsync(properties ?? new ConnectProperties()).ConfigureAwait(false)
            : throw new InvalidOperationException(ConnectFlow.Missing(applicationName));
    }
}
