namespace Airwallex.OAuth;

/// <summary>
/// One response of the token endpoint, its lifetimes turned into instants. Immutable; <see cref="ToString"/> hides
/// the tokens.
/// </summary>
public sealed record TokenSet
{
    /// <summary>
    /// The Airwallex account that the tokens belong to, such as <c>acct_AcFEnD6CMgOvuFYLgFCw9A</c>. Empty when
    /// <see cref="TokenClient.RefreshAsync"/> got a response that names none: then it is the account as before.
    /// </summary>
    public required string AccountId { get; init; }

    /// <summary>
    /// The bearer token for API calls; lives minutes. Empty when the response held none that can be used.
    /// </summary>
    public required string AccessToken { get; init; }

    /// <summary>
    /// When the access token expires: after the shorter of <c>expires_in</c> and, for a JWT, <c>exp − iat</c>,
    /// counted from before the request was sent. The two clocks never meet.
    /// </summary>
    public required DateTimeOffset AccessTokenExpiresAt { get; init; }

    /// <summary>The single-use token for the next refresh; lives months.</summary>
    public required string RefreshToken { get; init; }

    /// <summary>
    /// When the refresh token expires, counted from before the request was sent; null when nothing is known.
    /// </summary>
    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <summary>The scopes granted; opaque words. Empty when the response named none.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>When the request was sent whose response this is.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>
    /// What was odd about the response, as a sentence without secrets; null when nothing was. Defaults filled in.
    /// </summary>
    internal string? Oddities { get; init; }

    /// <summary>The account and the instants; never a token.</summary>
    public override string ToString() =>
        $"TokenSet {{ AccountId = {AccountId}, AccessToken = ***, AccessTokenExpiresAt = {AccessTokenExpiresAt:O}, "
        + $"RefreshToken = ***, RefreshTokenExpiresAt = {RefreshTokenExpiresAt:O} }}";
}
