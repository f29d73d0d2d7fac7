using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>How a customer is taken to Airwallex and back. Validated when the host starts.</summary>
/// <remarks>The client id, redirect URI and scopes are those of <see cref="AirwallexOAuthOptions"/>.</remarks>
public sealed class ConnectFlowOptions
{
    /// <summary>
    /// The path that Airwallex sends the customer back to, within the application's path base. Default: <c>/airwallex/callback</c>.
    /// <see cref="AirwallexOAuthOptions.RedirectUri"/>, when set, must end with it. When that is not set, the redirect URI is the scheme,
    /// host and path base of the request that starts the flow, followed by this path.
    /// </summary>
    public PathString CallbackPath { get; set; } = "/airwallex/callback";

    /// <summary>How long a customer may take on Airwallex's pages. Default: 10 min. A callback that comes later is refused.</summary>
    public TimeSpan StateLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether the code is bound to this application by PKCE (RFC 7636, method S256). Default: true.</summary>
    public bool UsePkce { get; set; } = true;

    /// <summary>
    /// Called when a connection has been made and saved: the place to link the Airwallex account with the signed-in user's tenant.
    /// Default: null, nothing. What it throws goes to the application's own exception handling; the connection stays.
    /// </summary>
    public Func<ConnectedContext, Task>? OnConnected { get; set; }

    /// <summary>
    /// Called when the customer comes back without a connection, before the failure page is written. Default: null, the page.
    /// </summary>
    public Func<ConnectFailedContext, Task>? OnFailed { get; set; }

    /// <summary>How Airwallex's webhooks are received.</summary>
    public WebhookOptions Webhooks { get; } = new();
}
