namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// How a customer is taken to Airwallex and back. Named options: one for each application, by its name.
/// </summary>
/// <remarks>
/// <para>Validated when the host starts; one message names every fault. A changed value takes effect without a restart;
/// a change that cannot be used is logged, and the values before it stay in force. Webhook secrets alone follow such a
/// change too: a secret that was removed counts no more.</para>
/// <para>Values, webhook secrets included, are read from the section that <c>AddAirwallexOAuth</c> was given, such as
/// <c>Airwallex:StateLifetime</c> and <c>Airwallex:Webhooks:Secrets</c>. The client id, redirect URI and scopes are
/// those of <see cref="AirwallexOAuthOptions"/>.</para>
/// </remarks>
public sealed class ConnectFlowOptions
{
    /// <summary>
    /// How long a customer may take on Airwallex's pages. Default: 10 min. At least 1 min, at most 1 day. A callback
    /// that comes later is refused.
    /// </summary>
    public TimeSpan StateLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Whether the code is bound to this application by PKCE (RFC 7636, method S256). Default: true.</summary>
    public bool UsePkce { get; set; } = true;

    /// <summary>
    /// Called when the customer has authorized, before anything is saved: the place to link the Airwallex account with
    /// the user's tenant, or to refuse it by <see cref="ConnectingContext.Refuse"/>. A crash after it leaves a link
    /// without a connection, never a connection without its link. What it throws refuses the connection; nothing is
    /// saved. It has 30 s. Default: null, nothing.
    /// </summary>
    public Func<ConnectingContext, Task>? OnConnecting { get; set; }

    /// <summary>
    /// Called when the connection is saved: the place for what comes after, such as choosing where the customer goes
    /// next. What it throws goes to the application's own exception handling; the connection stays. Default: null,
    /// nothing.
    /// </summary>
    public Func<ConnectedContext, Task>? OnConnected { get; set; }

    /// <summary>
    /// Called when the customer comes back without a connection, before the failure page is written. Default: null, the
    /// page.
    /// </summary>
    public Func<ConnectFailedContext, Task>? OnFailed { get; set; }

    /// <summary>How Airwallex's webhooks are received.</summary>
    public WebhookOptions Webhooks { get; } = new();
}
