namespace Airwallex.OAuth;

/// <summary>One send of a refresh token, for the internal door of <see cref="TokenClient"/>.</summary>
internal sealed class RefreshTokenRequest
{
    /// <summary>Client id, secret and endpoint, as taken when the operation began.</summary>
    public required AirwallexOAuthOptions Options { get; init; }

    public required string RefreshToken { get; init; }

    /// <summary>
    /// The tokens as they are: the account that the response must be of, and the defaults for what the response
    /// lacks.
    /// </summary>
    public required TokenSet Previous { get; init; }

    /// <summary>How long to wait for the response, body included. Infinite: the caller cuts the send.</summary>
    public required TimeSpan ResponseTimeout { get; init; }

    /// <summary>The last look at the clock, when the body is asked for: false, and nothing is sent.</summary>
    public Func<bool> MayStart { get; init; } = static () => true;
}
