namespace Airwallex.OAuth;

/// <summary>One answer of the token endpoint, its lifetimes turned into instants. Immutable; <see cref="ToString"/> hides the tokens.</summary>
public sealed record TokenSet
{
    /// <summary>The Airwallex account that the tokens belong to, such as <c>acct_AcFEnD6CMgOvuFYLgFCw9A</c>.</summary>
    public required string AccountId { get; init; }

    /// <summary>The bearer token for API calls; lives minutes.</summary>
    public required string AccessToken { get; init; }

    /// <summary>
    /// When the access token expires: the earlier of <c>expires_in</c>, counted from before the request was sent, and the
    /// token's own <c>exp</c> when it is a JWT.
    /// </summary>
    public required DateTimeOffset AccessTokenExpiresAt { get; init; }

    /// <summary>The single-use token for the next refresh; lives months.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>When the refresh token expires, counted from before the request was sent.</summary>
    public required DateTimeOffset RefreshTokenExpiresAt { get; init; }

    /// <summary>The scopes granted; opaque words. Empty when the answer named none.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>When the request that this answers was sent.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>The account and the instants; never a token.</summary>
    public override string ToString() =>
        $"TokenSet {{ AccountId = {AccountId}, AccessToken = ***, AccessTokenExpiresAt = {AccessTokenExpiresAt:O}, RefreshToken = ***, RefreshTokenExpiresAt = {RefreshTokenExpiresAt:O} }}";
}
