namespace Airwallex.OAuth;

/// <summary>
/// One customer's way to Airwallex's consent screen. Immutable; <see cref="ToString"/> hides the state.
/// </summary>
public sealed record AuthorizeRequest
{
    /// <summary>
    /// A value that the redirect back must repeat; from <see cref="AuthorizationState.Create"/>, kept in the
    /// customer's session. It prevents CSRF (RFC 6749, section 10.12). Required.
    /// </summary>
    public required string State { get; init; }

    /// <summary>
    /// Whether the customer creates an Airwallex account on the way (<c>sign_up=true</c>). Default: false.
    /// </summary>
    public bool SignUp { get; init; }

    /// <summary>The scopes to ask for. Default: null, <see cref="AirwallexOAuthOptions.Scopes"/>.</summary>
    public IReadOnlyCollection<string>? Scopes { get; init; }

    /// <summary>
    /// Where to send the customer back to; must be whitelisted with Airwallex. Default: null,
    /// <see cref="AirwallexOAuthOptions.RedirectUri"/>.
    /// </summary>
    public Uri? RedirectUri { get; init; }

    /// <summary>
    /// The challenge of a <see cref="Pkce"/> pair, sent with method S256 (RFC 7636). Default: null, none.
    /// </summary>
    public string? CodeChallenge { get; init; }

    /// <summary>Everything but the state.</summary>
    public override string ToString() => $"AuthorizeRequest {{ SignUp = {SignUp}, RedirectUri = {RedirectUri} }}";
}
