namespace Airwallex.OAuth;

/// <summary>
/// What this process remembers of one account: the access token, the refresh in flight, and what went wrong last. Small, and let go when
/// the account is idle; everything that must last is in the store.
/// </summary>
internal sealed class Account(string id)
{
    private AccessToken _token = AccessToken.None();
    private long _replacedAtTicks;

    public string Id { get; } = id;

    /// <summary>Read on every request without a lock; replaced whole.</summary>
    public AccessToken Token => Volatile.Read(ref _token);

    /// <summary>Guards <see cref="Flight"/> and <see cref="Retired"/>: whoever needs a refresh starts one or joins the one in flight.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    public RefreshFlight? Flight { get; set; }

    /// <summary>True once the account was let go; whoever still holds it looks it up again.</summary>
    public bool Retired { get; set; }

    // The rest is written by the refresh in flight alone, of which there is one at a time.

    /// <summary>Set after a failed refresh, null after a successful one.</summary>
    public RefreshPause? Pause { get; set; }

    /// <summary>The attempt that this process wrote last: its lease is ours.</summary>
    public Guid LastAttemptId { get; set; }

    /// <summary>Attempts of ours that surely sent nothing; null when there is none.</summary>
    public UnsentAttempts? Unsent { get; set; }

    /// <summary>How the note of our last attempt should read since it failed, if the store did not take it; null otherwise.</summary>
    public RefreshAttempt? Unreleased { get; set; }

    /// <summary>A note past its grace period, since when it has been seen so, and when last.</summary>
    public NoteSighting? Sighting { get; set; }

    /// <summary>The connection's version as a refresh read it last: it can only grow. Null when nothing is known, as after connecting.</summary>
    public SeenVersion? Seen { get; set; }

    /// <summary>When a refused access token last led to a refresh, in ticks.</summary>
    public long ReplacedAtTicks
    {
        get => Volatile.Read(ref _replacedAtTicks);
        set => Volatile.Write(ref _replacedAtTicks, value);
    }

    /// <summary>Replaces the access token that was there when a refresh began; false when somebody connected or disconnected meanwhile.</summary>
    public bool TryPublish(AccessToken expected, AccessToken next) =>
        ReferenceEquals(Interlocked.CompareExchange(ref _token, next, expected), expected);

    /// <summary>Replaces the access token, whatever is in flight.</summary>
    public void Publish(AccessToken next) => Volatile.Write(ref _token, next);
}

/// <summary>The version of the connection that was made at an instant.</summary>
internal sealed record SeenVersion(DateTimeOffset ConnectedAt, long Version);

/// <summary>
/// Attempts that surely sent nothing, any of whose notes may stand in the store, because a write may take effect and report a failure.
/// </summary>
/// <param name="Ids">The attempts, oldest first.</param>
/// <param name="Before">The note that stood before them.</param>
internal sealed record UnsentAttempts(IReadOnlyList<Guid> Ids, RefreshAttempt? Before)
{
    private const int MostRemembered = 32;

    public UnsentAttempts And(Guid attemptId) => this with { Ids = [.. Ids.TakeLast(MostRemembered - 1), attemptId] };
}

/// <summary>A note that was seen unchanged in the store.</summary>
internal sealed record NoteSighting(Guid AttemptId, long Version, DateTimeOffset Since, DateTimeOffset Last);
