using System.Net.Http.Headers;

namespace Airwallex.OAuth;

/// <summary>An access token as the hot path wants it: the header ready to be sent, the instants as ticks. Immutable, replaced whole.</summary>
internal sealed class AccessToken
{
    private AccessToken(string? value, long refreshFrom, long waitFrom, long expiresAt)
    {
        Header = value is null ? null : new AuthenticationHeaderValue("Bearer", value);
        ValueAsTask = Task.FromResult(value!);
        RefreshFromTicks = refreshFrom;
        WaitFromTicks = waitFrom;
        ExpiresAtTicks = expiresAt;
    }

    /// <summary>Null when there is no token.</summary>
    public AuthenticationHeaderValue? Header { get; }

    public string? Value => Header?.Parameter;

    /// <summary>The token as an asynchronous caller takes it, made once.</summary>
    public Task<string> ValueAsTask { get; }

    /// <summary>From here on, a refresh runs in the background.</summary>
    public long RefreshFromTicks { get; }

    /// <summary>From here on, callers wait for a new token.</summary>
    public long WaitFromTicks { get; }

    /// <summary>From here on, the token is useless, even while no new one is to be had.</summary>
    public long ExpiresAtTicks { get; }

    /// <summary>No token. Each is an object of its own, so that a swap that expected an earlier "none" fails.</summary>
    public static AccessToken None() => new(null, 0, 0, 0);

    public static AccessToken From(TokenSet tokens, AirwallexOAuthOptions options, RefreshRuntime runtime)
    {
        // A little later on some instances than on others, so that they do not all ask for the lease in the same moment.
        var jitter = runtime.Between(TimeSpan.Zero, Ahead(tokens, options) / 10);
        return new AccessToken(
            tokens.AccessToken,
            (RefreshFrom(tokens, options) + jitter).UtcTicks,
            WaitFrom(tokens, options).UtcTicks,
            tokens.AccessTokenExpiresAt.UtcTicks);
    }

    public static DateTimeOffset RefreshFrom(TokenSet tokens, AirwallexOAuthOptions options) =>
        tokens.AccessTokenExpiresAt - Ahead(tokens, options);

    public static DateTimeOffset WaitFrom(TokenSet tokens, AirwallexOAuthOptions options) =>
        tokens.AccessTokenExpiresAt - Shorter(options.ExpirySkew, Life(tokens) / 10);

    // A token of a few seconds would otherwise be due from the moment it was issued, and every request a refresh.
    private static TimeSpan Ahead(TokenSet tokens, AirwallexOAuthOptions options) => Shorter(options.RefreshAhead, Life(tokens) / 2);

    private static TimeSpan Life(TokenSet tokens) => tokens.AccessTokenExpiresAt - tokens.IssuedAt;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
