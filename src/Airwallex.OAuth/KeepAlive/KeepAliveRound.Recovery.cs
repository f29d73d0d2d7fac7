namespace Airwallex.OAuth;

/// <summary>Unfinished refreshes: a bounded number of starts a second, the most urgent first.</summary>
internal sealed partial class KeepAliveRound
{
    private const int MostInOneLook = 500; // The rest are due in the next.
    private long? _throttledAt; // After a 429, fewer are started for a while.

    private TimeProvider Time => application.Time;

    /// <summary>One look: observes, starts what is due, waits for none; returns how many are left, too.</summary>
    public async Task<(IReadOnlyList<Task<RefreshEnd>> Started, int Deferred)> StartRecoveriesAsync(
        CancellationToken cancellationToken)
    {
        var rules = application.CreateRules(application.Options);
        var interval = rules.Timings.RecoveryInterval;
        var rows = await FindDueAsync(cancellationToken).ConfigureAwait(false);

        // In steps of a few seconds and at random within, so that the instances do not all take the same one first.
        var due = rows.Select(row => (row.AccountId, Urgency: Look(row, rules), Chance: application.Jitter.Next()))
            .Where(one => one.Urgency is not null).OrderBy(one => one.Urgency).ThenBy(one => one.Chance).ToList();
        var isThrottled = _throttledAt is { } at && Time.GetElapsedTime(at) < interval * 5;
        var most = RefreshTimings.RecoveryStartsPerSecond * RefreshTimings.RecoveryLookSeconds / (isThrottled ? 2 : 1);
        var started = new List<Task<RefreshEnd>>();
        var lookedAt = Time.GetTimestamp();
        foreach (var one in due.Take(most).TakeWhile(_ => !cancellationToken.IsCancellationRequested))
        {
            started.Add(RecoverAsync(one.AccountId));
            var untilNext = interval / most * started.Count - Time.GetElapsedTime(lookedAt);
            await application.DelayAsync(untilNext).ConfigureAwait(false);
        }

        return (started, rows.Count - started.Count);
    }

    private async Task<List<StoredConnection>> FindDueAsync(CancellationToken cancellationToken)
    {
        var (id, now) = (application.Options.ClientId, Time.GetUtcNow());
        var query = new ConnectionQuery { ClientId = id, RecoveryDueAt = now, Limit = MostInOneLook };
        try
        {
            var page = await application.Store.ListAsync(query, cancellationToken).ConfigureAwait(false);
            return page.Where(query.Matches).ToList(); // A store may list more.
        }
        catch (AirwallexOAuthException)
        {
            foreach (var entry in application.Current.Cache.Entries)
            {
                entry.Knowledge = entry.Knowledge.WithoutLooks();
            }

            throw;
        }
    }

    /// <summary>How urgent an unfinished refresh is, the lowest first; null when nothing is to be sent now.</summary>
    private long? Look(StoredConnection row, RefreshRules rules)
    {
        var entry = application.Current.Cache.Get(row.AccountId);
        if (entry.Operation is not null)
        {
            return null;
        }

        var attempt = ConnectionSerializer.ReadAttempt(row);
        if (attempt is not null)
        {
            entry.Knowledge = entry.Knowledge.WithLook(attempt, Time, rules.Timings);
        }

        var effective = entry.Knowledge.Effective(attempt);
        var now = Time.GetUtcNow();
        if (entry.ActiveCooldown(Time, application.Options) is not null && !rules.MustStart(effective, now))
        {
            return null;
        }

        var observedFor = entry.Knowledge.ObservedFor(attempt, Time);
        return rules.DecideSend(effective, foreignLeaseEnd: null, observedFor, now) switch
        {
            // A host's next look comes in time; a program without one observes inside the operation.
            { Kind: SendDecisionKind.Observe } => application.HostIsRunning ? null : long.MaxValue,
            { IsLastSend: true } => long.MaxValue,
            _ when effective is null => long.MaxValue,
            _ => effective.FirstSentAt.UtcTicks / rules.Timings.ClockTolerance.Ticks,
        };
    }

    private async Task<RefreshEnd> RecoverAsync(string accountId)
    {
        var (end, failure) = await application.KeepAliveAsync(accountId, RefreshTrigger.Recovery).ConfigureAwait(false);
        var isThrottled = failure is TokenRequestException { IsTooManyRequests: true };
        _throttledAt = isThrottled ? Time.GetTimestamp() : _throttledAt;
        return end;
    }
}
