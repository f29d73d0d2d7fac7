namespace Airwallex.OAuth;

/// <summary>
/// What this process knows better than the store about attempts: which of its own were definitely not sent, how one
/// reads whose release failed, and since when one has been seen unchanged. Immutable.
/// </summary>
internal sealed record AttemptKnowledge
{
    private const int MostRemembered = 32;

    public static AttemptKnowledge None { get; } = new();

    /// <summary>Attempts of ours that were not sent. A write may take effect late, so any may be stored.</summary>
    private IReadOnlyList<string> NotSent { get; init; } = [];

    /// <summary>The attempt that was effective before those in <see cref="NotSent"/>.</summary>
    private RefreshAttempt? BeforeNotSent { get; init; }

    /// <summary>Our last attempt as it should read since it ended, until the store takes it.</summary>
    private RefreshAttempt? NotReleased { get; init; }

    /// <summary>The attempt that this process wrote last: its lease is ours.</summary>
    private string? Own { get; init; }

    private RefreshAttempt? Observed { get; init; }

    private long ObservedSince { get; init; }

    private long ObservedLast { get; init; }

    /// <summary>A lease that ends further ahead than any can: from a wrong clock.</summary>
    private (string AttemptId, DateTimeOffset Expires, long FirstSeen)? WrongClock { get; init; }

    /// <summary>Whether nothing would be forgotten by evicting it.</summary>
    public bool IsDispensable(TimeProvider time, RefreshTimings timings) =>
        NotSent.Count == 0 && NotReleased is null
        && (Observed is null || time.GetElapsedTime(ObservedLast) > timings.LongestObservationGap);

    /// <summary>The stored attempt, or what we know better; null when no send can have been received.</summary>
    public RefreshAttempt? Effective(RefreshAttempt? stored)
    {
        var effective = stored switch
        {
            null => null,
            _ when NotSent.Contains(stored.Id) => BeforeNotSent,
            _ when stored.Id == NotReleased?.Id => NotReleased,
            _ => stored,
        };
        return effective is { ResponseMayBeLost: true } ? effective : null;
    }

    /// <summary>Whether the attempt is one of this process, so that its lease does not bind it.</summary>
    public bool IsOurs(RefreshAttempt attempt) =>
        attempt.Id == Own || NotSent.Contains(attempt.Id) || attempt.Id == NotReleased?.Id;

    /// <summary>Our attempt was written, or may have been, and was definitely not sent.</summary>
    public AttemptKnowledge WithNotSent(string attemptId, RefreshAttempt? before) => this with
    {
        Own = attemptId,
        NotSent = [.. NotSent.TakeLast(MostRemembered - 1), attemptId],
        BeforeNotSent = before is not null && NotSent.Contains(before.Id) ? BeforeNotSent : Effective(before),
    };

    /// <summary>Our attempt is about to be sent after all.</summary>
    public AttemptKnowledge WithSent(string attemptId) =>
        this with { NotSent = [.. NotSent.Where(id => id != attemptId)] };

    /// <summary>The store shows what we know.</summary>
    public AttemptKnowledge WithReleased() => this with { NotSent = [], BeforeNotSent = null, NotReleased = null };

    public AttemptKnowledge WithNotReleased(RefreshAttempt? attempt) => this with { NotReleased = attempt };

    /// <summary>The attempt was seen. Looks that are too far apart, or see another one, begin anew.</summary>
    public AttemptKnowledge WithLook(RefreshAttempt attempt, TimeProvider time, RefreshTimings timings)
    {
        var now = time.GetTimestamp();
        var goesOn = attempt == Observed && time.GetElapsedTime(ObservedLast, now) <= timings.LongestObservationGap;
        return this with { Observed = attempt, ObservedSince = goesOn ? ObservedSince : now, ObservedLast = now };
    }

    /// <summary>A look failed: what was seen before it proves nothing.</summary>
    public AttemptKnowledge WithoutLooks() => Observed is null ? this : this with { Observed = null };

    /// <summary>For how long the attempt has been seen unchanged.</summary>
    public TimeSpan ObservedFor(RefreshAttempt? attempt, TimeProvider time) =>
        attempt is not null && attempt == Observed ? time.GetElapsedTime(ObservedSince, ObservedLast) : TimeSpan.Zero;

    /// <summary>Remembers when a lease was first seen that ends further ahead than any can.</summary>
    public AttemptKnowledge WithLeaseSeen(
        RefreshAttempt attempt, DateTimeOffset now, TimeProvider time, RefreshTimings timings)
    {
        if (IsWrongClock(attempt))
        {
            return this;
        }

        var isWrong = attempt.LeaseExpiresAt > now + timings.Lease + timings.ClockTolerance;
        return WrongClock is null && !isWrong
            ? this
            : this with { WrongClock = isWrong ? (attempt.Id, attempt.LeaseExpiresAt, time.GetTimestamp()) : null };
    }

    /// <summary>Until when another instance's lease binds us.</summary>
    public DateTimeOffset LeaseEnd(
        RefreshAttempt attempt, DateTimeOffset now, TimeProvider time, RefreshTimings timings) =>
        IsWrongClock(attempt)
            ? now + timings.Lease - time.GetElapsedTime(WrongClock!.Value.FirstSeen)
            : attempt.LeaseExpiresAt;

    private bool IsWrongClock(RefreshAttempt attempt) =>
        WrongClock is { } seen && seen.AttemptId == attempt.Id && seen.Expires == attempt.LeaseExpiresAt;
}
