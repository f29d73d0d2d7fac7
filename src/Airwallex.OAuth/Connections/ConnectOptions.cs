namespace Airwallex.OAuth;

/// <summary>How an account is connected by <see cref="AirwallexConnections.ConnectAsync"/>.</summary>
public sealed class ConnectOptions
{
    /// <summary>
    /// The redirect URI that the code was obtained with. Default: null,
    /// <see cref="AirwallexOAuthOptions.RedirectUri"/>.
    /// </summary>
    public Uri? RedirectUri { get; init; }

    /// <summary>
    /// The verifier of the <see cref="Pkce"/> pair whose challenge was in the authorize URL. Default: null, none.
    /// </summary>
    public string? CodeVerifier { get; init; }

    /// <summary>
    /// Runs between the exchange of the code and the first save: the place to link the account with a tenant, or to
    /// refuse it. What it throws refuses the connection and reaches the caller as it is; nothing is saved then, and an
    /// active connection of the account is refreshed at once, to see whether it survived the new consent. It has 30 s.
    /// While the store fails it waits, and may run after the caller was told so. Default: null.
    /// </summary>
    public Func<ConnectingAccount, CancellationToken, Task>? OnConnecting { get; init; }
}
