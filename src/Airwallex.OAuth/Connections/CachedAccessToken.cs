using System.Net.Http.Headers;

namespace Airwallex.OAuth;

/// <summary>
/// An access token as the hot path needs it: the header ready to be sent, the instants as ticks. Replaced whole; it
/// remembers nothing but what it took a reader some time to find out.
/// </summary>
internal sealed class CachedAccessToken
{
    /// <summary>For how long one look at the clock serves: a clock that is set meanwhile shows after it.</summary>
    private const long LongestUnobservedMilliseconds = 1_000;

    private Task<string>? _valueAsTask;
    private long _freshUntil; // In coarse milliseconds; 0 before the first look at the clock.

    private CachedAccessToken(string? value, long refreshFromTicks, long waitFromTicks, long expiresAtTicks)
    {
        Header = value is null ? null : new AuthenticationHeaderValue("Bearer", value);
        RefreshFromTicks = refreshFromTicks;
        WaitFromTicks = waitFromTicks;
        ExpiresAtTicks = expiresAtTicks;
    }

    /// <summary>Null when there is no token.</summary>
    public AuthenticationHeaderValue? Header { get; }

    public string? Value => Header?.Parameter;

    /// <summary>The token as an asynchronous caller takes it, made with the first.</summary>
    public Task<string> ValueAsTask => _valueAsTask ??= Task.FromResult(Value!);

    /// <summary>From here on, a refresh runs in the background.</summary>
    public long RefreshFromTicks { get; }

    /// <summary>From here on, callers wait for a new token.</summary>
    public long WaitFromTicks { get; }

    /// <summary>From here on, the token is useless, even while there is no new one.</summary>
    public long ExpiresAtTicks { get; }

    /// <summary>When this token replaced one that the API had rejected, in ticks; 0 when it did not.</summary>
    public long ReplacedAtTicks { get; init; }

    /// <summary>Now, in ticks; 0, when nothing is due, while a look at the clock of a moment ago serves.</summary>
    public long LookAt(GuardedClock clock)
    {
        var coarse = clock.CoarseMilliseconds;
        if (IsKnownToBeFresh(coarse))
        {
            return 0;
        }

        var now = clock.GetUtcNow().UtcTicks;
        RememberFresh(coarse, now);
        return now;
    }

    /// <summary>Whether a look at the clock still serves: neither a refresh nor a wait is due.</summary>
    public bool IsKnownToBeFresh(long coarse) => coarse < Volatile.Read(ref _freshUntil);

    /// <summary>
    /// Remembers a look at the clock. Whatever is written is right by itself, because <paramref name="coarse"/> was
    /// read before <paramref name="nowTicks"/>: threads need not agree.
    /// </summary>
    public void RememberFresh(long coarse, long nowTicks)
    {
        var left = (Math.Min(RefreshFromTicks, WaitFromTicks) - nowTicks) / TimeSpan.TicksPerMillisecond;
        if (left > 0 && coarse != long.MaxValue)
        {
            Volatile.Write(ref _freshUntil, coarse + Math.Min(left, LongestUnobservedMilliseconds));
        }
    }

    /// <summary>No token. Each is an object of its own, so that a swap that expected an earlier "none" fails.</summary>
    public static CachedAccessToken None() => new(null, 0, 0, 0);

    public static CachedAccessToken From(
        TokenSet tokens, AirwallexOAuthOptions options, Jitter jitter, long replacedAtTicks = 0)
    {
        if (tokens.AccessToken.Length == 0)
        {
            return None();
        }

        // A little later on some instances than on others, so that they do not all ask for the lease in the same
        // moment.
        var spread = jitter.Between(TimeSpan.Zero, Ahead(tokens, options) / 10);
        return new CachedAccessToken(
            tokens.AccessToken,
            (RefreshFrom(tokens, options) + spread).UtcTicks,
            WaitFrom(tokens).UtcTicks,
            tokens.AccessTokenExpiresAt.UtcTicks)
        {
            ReplacedAtTicks = replacedAtTicks,
        };
    }

    public static DateTimeOffset RefreshFrom(TokenSet tokens, AirwallexOAuthOptions options) =>
        tokens.AccessTokenExpiresAt - Ahead(tokens, options);

    public static DateTimeOffset WaitFrom(TokenSet tokens) =>
        tokens.AccessTokenExpiresAt - RefreshTimings.ExpirySkew.AtMost(Life(tokens) / 10);

    // A token of a few seconds would otherwise be due from the moment it was issued, and every request a refresh.
    private static TimeSpan Ahead(TokenSet tokens, AirwallexOAuthOptions options) =>
        options.RefreshAhead.AtMost(Life(tokens) / 2);

    private static TimeSpan Life(TokenSet tokens) => tokens.AccessTokenExpiresAt - tokens.IssuedAt;
}
