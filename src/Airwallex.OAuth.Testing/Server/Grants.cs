namespace Airwallex.OAuth.Testing;

/// <summary>
/// All tokens that came from one consent. Guarded by the lock of its <see cref="AuthorizationServer"/>.
/// </summary>
internal sealed class TokenFamily(SimulatedAccount account, SimulatedClient client, string scope)
{
    public SimulatedAccount Account => account;

    /// <summary>The client that the tokens were issued to; no other may use them.</summary>
    public SimulatedClient Client => client;

    public string Scope => scope;

    /// <summary>No token of the family is good any more, access tokens included.</summary>
    public bool Revoked { get; set; }

    /// <summary>The user who consented lost the admin role: no refresh any more, access tokens live on.</summary>
    public bool RoleRemoved { get; set; }

    /// <summary>The refresh token issued last, the only one that is not superseded.</summary>
    public RefreshToken? Current { get; set; }

    /// <summary>The refresh request in flight, of which there can be one.</summary>
    public PendingTokenRequest? InFlight { get; set; }
}

/// <summary>
/// A refresh token and what became of it. Guarded by the lock of its <see cref="AuthorizationServer"/>.
/// </summary>
internal sealed class RefreshToken(string value, TokenFamily family, RefreshToken? parent, DateTimeOffset expiresAt)
{
    public string Value => value;
    public TokenFamily Family => family;
    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>The refresh token this one was issued for; null for the first of the family.</summary>
    public RefreshToken? Parent => parent;

    /// <summary>When another refresh token took its place; null while it is current.</summary>
    public DateTimeOffset? SupersededAt { get; private set; }

    /// <summary>Until when it can be used although it is superseded; null while it is current.</summary>
    public DateTimeOffset? GraceEndsAt { get; private set; }

    /// <summary>The refresh token issued for this one last; null until it was used.</summary>
    public RefreshToken? Successor { get; set; }

    /// <summary>One of its successors was used: its response must have arrived.</summary>
    public bool SuccessorUsed { get; set; }

    /// <summary>The access token issued together with it.</summary>
    public required AccessToken AccessToken { get; set; }

    /// <summary>The grace period counts from the first time.</summary>
    public void Supersede(DateTimeOffset now, TimeSpan grace)
    {
        SupersededAt ??= now;
        GraceEndsAt ??= now + grace;
    }
}

/// <summary>An access token as the API looks it up.</summary>
internal sealed class AccessToken(string value, TokenFamily family, DateTimeOffset expiresAt)
{
    public string Value => value;
    public TokenFamily Family => family;
    public DateTimeOffset ExpiresAt => expiresAt;
}

/// <summary>An authorization code: single-use, bound to the client, the redirect URI and the PKCE challenge.</summary>
internal sealed class AuthorizationCode(
    SimulatedAccount account, SimulatedClient client, string? redirectUri, string scope, string? codeChallenge,
    DateTimeOffset expiresAt)
{
    public SimulatedAccount Account => account;
    public SimulatedClient Client => client;

    /// <summary>
    /// The redirect URI of the authorize request; null when there was none, and any of the client will do.
    /// </summary>
    public string? RedirectUri => redirectUri;


    public string Scope => scope;
    public string? CodeChallenge => codeChallenge;
    public DateTimeOffset ExpiresAt => expiresAt;
    public bool Used { get; set; }
}
