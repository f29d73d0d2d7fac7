namespace Airwallex.OAuth;

/// <summary>
/// The pause of an account after a failed token request: a failing endpoint is not hammered, and callers inside it get
/// the last error at once. Instants are on the monotonic clock, save the one for people. Immutable.
/// </summary>
internal sealed record Cooldown(
    int Failures, long UntilTimestamp, DateTimeOffset Until, AirwallexOAuthException LastError,
    AirwallexOAuthOptions Options)
{
    /// <summary>The authorization and the tokens that could not be refreshed: what is stored now may be newer.</summary>
    public required (string AuthorizationId, DateTimeOffset IssuedAt) Tokens { get; init; }

    /// <summary>When a caller last looked into the store.</summary>
    public required long LookedAt { get; init; }

    public bool IsAbout(ConnectionState current) => Tokens == (current.AuthorizationId, current.Tokens.IssuedAt);

    /// <summary>Other options than those that failed may be the remedy, and end it, too.</summary>
    public bool IsOver(TimeProvider time, AirwallexOAuthOptions current) =>
        time.GetTimestamp() >= UntilTimestamp || !ReferenceEquals(current, Options);

    public AirwallexOAuthException ToException(string accountId, TimeProvider time) => ConnectionErrors.CoolingDown(
        accountId, LastError, Until, time.GetElapsedTime(time.GetTimestamp(), UntilTimestamp));
}
