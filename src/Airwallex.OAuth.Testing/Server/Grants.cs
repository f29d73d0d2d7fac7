namespace Airwallex.OAuth.Testing;

/// <summary>All tokens that came from one consent. Guarded by the lock of its <see cref="AuthorizationServer"/>.</summary>
internal sealed class TokenFamily(SimulatedAccount account, string scope)
{
    public SimulatedAccount Account => account;
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

/// <summary>A refresh token and what became of it. Guarded by the lock of its <see cref="AuthorizationServer"/>.</summary>
internal sealed class RefreshToken(string value, TokenFamily family, RefreshToken? parent, DateTimeOffset expiresAt)
{
    public string Value => value;
    public TokenFamily Family => family;
    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>The refresh token this one was issued for; null for the first of the family.</summary>
    public RefreshToken? Parent => parent;

    /// <summary>When its first successor was issued; the grace period counts from here.</summary>
    public DateTimeOffset? SupersededAt { get; set; }

    /// <summary>The refresh token issued for this one last; null until it was used.</summary>
    public RefreshToken? Successor { get; set; }

    /// <summary>One of its successors was used: its answer must have arrived.</summary>
    public bool SuccessorUsed { get; set; }

    /// <summary>The access token issued together with it.</summary>
    public required AccessToken AccessToken { get; set; }
}

/// <summary>An access token as the API looks it up.</summary>
internal sealed class AccessToken(string value, TokenFamily family, DateTimeOffset expiresAt)
{
    public string Value => value;
    public TokenFamily Family => family;
    public DateTimeOffset ExpiresAt => expiresAt;
}

/// <summary>An authorization code: single-use, bound to the redirect URI and the PKCE challenge.</summary>
internal sealed class AuthorizationCode(
    SimulatedAccount account, string redirectUri, string scope, string? codeChallenge, DateTimeOffset expiresAt)
{
    public SimulatedAccount Account => account;
    public string RedirectUri => redirectUri;
    public string Scope => scope;
    public string? CodeChallenge => codeChallenge;
    public DateTimeOffset ExpiresAt => expiresAt;
    public bool Used { get; set; }
}
