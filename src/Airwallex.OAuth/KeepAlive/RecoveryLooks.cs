namespace Airwallex.OAuth;

/// <summary>
/// Looks for unfinished refreshes: observes those whose grace period is over, and starts those that are due, a
/// bounded number a second, the most urgent first.
/// </summary>
internal sealed class RecoveryLooks(AirwallexApplication application)
{
    /// <summary>As many are sorted in one look; the rest are due in the next.</summary>
    private const int MostInOneLook = 500;

    /// <summary>After a 429, fewer are started for a while. On the monotonic clock.</summary>
    private long? _throttledAt;

    private TimeProvider Time => application.Time;

    /// <summary>Returns the refreshes that were started, and how many were left for later.</summary>
    public async Task<(IReadOnlyList<Task<RefreshEnd>> Started, int Deferred)> StartDueAsync(
        CancellationToken cancellationToken)
    {
        var rules = application.CreateRules(application.Options);
        var interval = rules.Timings.RecoveryInterval;
        var rows = await FindDueAsync(cancellationToken).ConfigureAwait(false);
        var due = InOrder(rows, rules);
        var isThrottled = _throttledAt is { } at && Time.GetElapsedTime(at) < interval * 5;
        var most = RefreshTimings.RecoveryStartsPerSecond * RefreshTimings.RecoveryLookSeconds / (isThrottled ? 2 : 1);
        var started = new List<Task<RefreshEnd>>();
        var lookedAt = Time.GetTimestamp();
        foreach (var accountId in due.Take(most).TakeWhile(_ => !cancellationToken.IsCancellationRequested))
        {
            started.Add(RecoverAsync(accountId));
            var untilNext = interval / most * started.Count - Time.GetElapsedTime(lookedAt);
            await application.DelayAsync(untilNext).ConfigureAwait(false);
        }

        return (started, rows.Count - started.Count);
    }

    private async Task<List<StoredConnection>> FindDueAsync(CancellationToken cancellationToken)
    {
        var rows = new List<StoredConnection>();
        var query = new ConnectionQuery { ClientId = application.Options.ClientId, RecoveryDueAt = Time.GetUtcNow() };
        try
        {
            await foreach (var page in application.PagesAsync(query, cancellationToken).ConfigureAwait(false))
            {
                rows.AddRange(page);
                if (rows.Count >= MostInOneLook)
                {
                    break;
                }
            }
        }
        catch (AirwallexOAuthException)
        {
            foreach (var entry in application.Current.Cache.Entries)
            {
                entry.Knowledge = entry.Knowledge.WithoutLooks();
            }

            throw;
        }

        return rows;
    }

    // In steps of a few seconds and at random within them, so that the instances do not all take the same one first.
    private List<string> InOrder(IEnumerable<StoredConnection> rows, RefreshRules rules) => rows
        .Select(row => (row.AccountId, Urgency: Look(row, rules), Chance: application.Jitter.Next()))
        .Where(one => one.Urgency is not null)
        .OrderBy(one => one.Urgency).ThenBy(one => one.Chance)
        .Select(one => one.AccountId)
        .ToList();

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
        if (entry.Cooldown is { } cooldown && !cooldown.IsOver(Time, application.Options)
            && !rules.MustStart(effective, Time.GetUtcNow()))
        {
            return null;
        }

        var observedFor = entry.Knowledge.ObservedFor(attempt, Time);
        var decision = rules.DecideSend(effective, foreignLeaseEnd: null, observedFor, Time.GetUtcNow());
        return decision switch
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
        if (failure is TokenRequestException { IsTooManyRequests: true })
        {
            _throttledAt = Time.GetTimestamp();
        }

        return end;
    }
}
