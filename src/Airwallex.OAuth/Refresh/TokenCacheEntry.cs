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

    /// <summary>
    /// After a failed token request; null otherwise. Written by the running operation; connect and disconnect reset it.
    /// </summary>
    public Cooldown? Cooldown { get; set; }

    /// <summary>Written by the running operation and by the recovery's looks.</summary>
    public AttemptKnowledge Knowledge { get; set; } = AttemptKnowledge.None;

    /// <summary>Replaces the token that was seen before; false when somebody connected or disconnected since.</summary>
    public bool TryPublish(CachedAccessToken expected, CachedAccessToken next) =>
        ReferenceEquals(Interlocked.CompareExchange(ref _token, next, expected), expected);

    /// <summary>Takes the access token out of use.</summary>
    public void DropToken() => Volatile.Write(ref _token, CachedAccessToken.None());

    /// <summary>Replaces all that is remembered, because the connection was made anew or removed.</summary>
    public void Reset(CachedAccessToken token)
    {
        Volatile.Write(ref _token, token);
        Cooldown = null;
    }
}
