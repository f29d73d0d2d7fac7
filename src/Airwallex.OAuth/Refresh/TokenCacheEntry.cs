namespace Airwallex.OAuth;

/// <summary>What this process remembers of one connection, until idle; what must last is in the store.</summary>
internal sealed class TokenCacheEntry(ConnectionKey key)
{
    private CachedAccessToken _token = CachedAccessToken.None();

    public ConnectionKey Key { get; } = key;

    /// <summary>Read on every request without a lock; replaced whole.</summary>
    public CachedAccessToken Token => Volatile.Read(ref _token);

    /// <summary>The refresh that runs, or null. Guarded by the gate: callers start one or join it.</summary>
    public RefreshOperation? Operation { get; set; }

    /// <summary>A caller that still holds the entry looks it up again. Guarded by the gate.</summary>
    public bool IsEvicted { get; set; }

    /// <summary>After a failed token request. Written by the running operation; connecting resets it.</summary>
    public Cooldown? Cooldown { get; set; }

    /// <summary>Written by the running operation and by the recovery's looks.</summary>
    public AttemptKnowledge Knowledge { get; set; } = AttemptKnowledge.None;

    /// <summary>The cooldown, unless it is over. Other options than those that failed may be the remedy.</summary>
    public Cooldown? ActiveCooldown(TimeProvider time, AirwallexOAuthOptions current) =>
        Cooldown is { } one && time.GetTimestamp() < one.UntilTimestamp && one.Options == current ? one : null;

    /// <summary>Replaces the token that was seen before; false when somebody connected or disconnected since.</summary>
    public bool TryPublish(CachedAccessToken expected, CachedAccessToken next) =>
        ReferenceEquals(Interlocked.CompareExchange(ref _token, next, expected), expected);

    public void DropToken() => Volatile.Write(ref _token, CachedAccessToken.None());

    /// <summary>Replaces all that is remembered, because the connection was made anew or removed.</summary>
    public void Reset(CachedAccessToken token)
    {
        Volatile.Write(ref _token, token);
        Cooldown = null;
    }
}

/// <summary>
/// After a failed token request, so that a failing endpoint is not hammered. Tokens: those that were not refreshed.
/// LookedAt: when a caller last looked into the store. Instants are monotonic, save the one for people. Immutable.
/// </summary>
internal sealed record Cooldown(
    int Failures, long UntilTimestamp, DateTimeOffset Until, AirwallexOAuthException LastError,
    AirwallexOAuthOptions Options, (string AuthorizationId, DateTimeOffset IssuedAt) Tokens, long LookedAt)
{
    public bool IsAbout(ConnectionState current) => Tokens == (current.AuthorizationId, current.Tokens.IssuedAt);

    public AirwallexOAuthException ToException(string accountId, TimeProvider time) => ConnectionErrors.CoolingDown(
        accountId, LastError, Until, time.GetElapsedTime(time.GetTimestamp(), UntilTimestamp));
}
