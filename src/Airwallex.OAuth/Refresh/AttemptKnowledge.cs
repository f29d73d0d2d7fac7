namespace Airwallex.OAuth;

/// <summary>What this process knows better than the store about attempts, its own and others'. Immutable.</summary>
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

    /// <summary>What the looks saw; unbroken by one that failed or came late, null right after a failed one.</summary>
    private (RefreshAttempt Attempt, long FirstSeen, long? UnbrokenSince, long Last)? Seen { get; init; }

    /// <summary>Whether nothing would be forgotten by evicting it.</summary>
    public bool IsDispensable(TimeProvider time, RefreshTimings timings) =>
        NotSent.Count == 0 && NotReleased is null
        && (Seen?.UnbrokenSince is null || time.GetElapsedTime(Seen.Value.Last) > timings.LongestObservationGap);

    /// <summary>The stored attempt, or what we know better; null when no send can have been received.</summary>
    public RefreshAttempt? Effective(RefreshAttempt? stored)
    {
        var effective = stored is null ? null
            : NotSent.Contains(stored.Id) ? BeforeNotSent
            : stored.Id == NotReleased?.Id ? NotReleased
            : stored;
        return effective is { ResponseMayBeLost: true } ? effective : null;
    }

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
        var seen = Seen is { } last && last.Attempt == attempt ? last : (attempt, now, now, now);
        var goesOn = time.GetElapsedTime(seen.Last, now) <= timings.LongestObservationGap;
        return this with { Seen = seen with { UnbrokenSince = goesOn ? seen.UnbrokenSince ?? now : now, Last = now } };
    }

    /// <summary>A look failed: what was seen before it proves nothing.</summary>
    public AttemptKnowledge WithoutLooks() =>
        Seen is { } seen ? this with { Seen = seen with { UnbrokenSince = null } } : this;

    /// <summary>For how long the attempt has been seen unchanged.</summary>
    public TimeSpan ObservedFor(RefreshAttempt? attempt, TimeProvider time) =>
        Seen is { UnbrokenSince: { } since } seen && seen.Attempt == attempt
            ? time.GetElapsedTime(since, seen.Last) : TimeSpan.Zero;

    /// <summary>Until when another instance's lease binds us; null when the attempt is one of this process.</summary>
    public DateTimeOffset? ForeignLeaseEnd(
        RefreshAttempt attempt, DateTimeOffset now, TimeProvider time, RefreshTimings timings)
    {
        if (attempt.Id == Own || NotSent.Contains(attempt.Id) || attempt.Id == NotReleased?.Id)
        {
            return null;
        }

        // One that ended further ahead than any can when it was first seen comes from a wrong clock.
        var firstSeen = Seen is { } seen && seen.Attempt == attempt ? now - time.GetElapsedTime(seen.FirstSeen) : now;
        return attempt.LeaseExpiresAt > firstSeen + timings.Lease + timings.ClockTolerance
            ? firstSeen + timings.Lease : attempt.LeaseExpiresAt;
    }
}
