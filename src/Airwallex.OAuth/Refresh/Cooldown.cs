namespace Airwallex.OAuth;

/// <summary>
/// The pause of an account after a failed token request: a failing endpoint is not hammered. Callers inside it get
/// the last error at once.
/// Immutable.
/// </summary>
/// <param name="Failures">How many token requests have failed in a row.</param>
/// <param name="UntilTimestamp">Its end, on the monotonic clock.</param>
/// <param name="Until">Its end, for people.</param>
/// <param name="LastError">What callers are told.</param>
/// <param name="Options">The options that failed: other ones may be the remedy, and end the cooldown.</param>
internal sealed record Cooldown(
    int Failures, long UntilTimestamp, DateTimeOffset Until, AirwallexOAuthException LastError,
    AirwallexOAuthOptions Options)
{
    /// <summary>
    /// The authorization and the tokens that could not be refreshed: what is stored now may be newer.
    /// </summary>
    public required (string AuthorizationId, DateTimeOffset IssuedAt) Tokens { get; init; }

    /// <summary>When a caller last looked into the store, on the monotonic clock.</summary>
    public required long LookedAt { get; init; }

    public bool IsAbout(ConnectionState current) => Tokens == (current.AuthorizationId, current.Tokens.IssuedAt);

    public bool IsOver(TimeProvider time, AirwallexOAuthOptions current) =>
        time.GetTimestamp() >= UntilTimestamp || !ReferenceEquals(current, Options);

    public AirwallexOAuthException ToException(string accountId, TimeProvider time) =>
        ConnectionErrors.CoolingDown(
            accountId, LastError, Until, time.GetElapsedTime(time.GetTimestamp(), UntilTimestamp));
}
