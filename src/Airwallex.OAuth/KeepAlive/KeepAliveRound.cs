namespace Airwallex.OAuth;

/// <summary>One round of the keep-alive: takes up unfinished refreshes, and renews what is due. Instances do not wait on each other.</summary>
internal sealed class KeepAliveRound(AirwallexApplication application)
{
    private const int PageSize = 100;

    /// <summary>As many unfinished refreshes are sorted in one look; the rest are due in the next.</summary>
    private const int MostInOneLook = 500;

    private readonly OverdueReports _overdue = new(application);

    /// <summary>After a 429 in recovery, fewer are started for a while. On the monotonic clock.</summary>
    private long? _throttledAt;

    private TimeProvider Time => application.Time;

    /// <summary>One look: starts what is due, a bounded number a second, the most urgent first, and waits for none.</summary>
    /// <returns>The refreshes that were started, and how many were left for later.</returns>
    public async Task<(IReadOnlyList<Task<RefreshEnd>> Started, int Deferred)> StartRecoveriesAsync(CancellationToken cancellationToken)
    {
        var options = application.Options;
        var timings = AirwallexApplication.TimingsOf(options);
        var due = await FindDueAsync(options, timings, cancellationToken).ConfigureAwait(false);
        var started = new List<Task<RefreshEnd>>();
        var isThrottled = _throttledAt is { } at && Time.GetElapsedTime(at) < timings.RecoveryInterval * 5;
        var perLook = (int)(RefreshTimings.RecoveryStartsPerSecond * RefreshTimings.RecoveryLookSeconds) / (isThrottled ? 2 : 1);
        foreach (var accountId in due.Urgent.Take(perLook))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            started.Add(RecoverAsync(accountId));
            await application.DelayAsync(timings.RecoveryInterval / perLook).ConfigureAwait(false);
        }

        return (started, due.Deferred + due.Urgent.Count - started.Count);
    }

    /// <summary>Renews the refresh tokens whose moment in the window has come, some at a time.</summary>
    public async Task<IReadOnlyList<RefreshEnd>> RenewAsync(CancellationToken cancellationToken)
    {
        var ends = new List<RefreshEnd>();
        var running = new List<Task<RefreshEnd>>();
        var options = application.Options;
        var query = new ConnectionQuery
        {
            ClientId = options.ClientId,
            Status = ConnectionStatus.Active,
            RenewalDueAt = Time.GetUtcNow(),
            Limit = PageSize,
        };
        await foreach (var page in application.PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in page.OrderBy(_ => application.Jitter.Next()))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }

                if (running.Count >= options.KeepAlive.MaxConcurrency)
                {
                    var ended = await Task.WhenAny(running).ConfigureAwait(false);
                    running.Remove(ended);
                    ends.Add(await ended.ConfigureAwait(false));
                }

                running.Add(RenewAsync(row, options));
            }
        }

        foreach (var last in running)
        {
            ends.Add(await last.ConfigureAwait(false));
        }

        return ends;
    }

    /// <summary>One whole round for a program without a host: what is in flight is awaited.</summary>
    public async Task<KeepAliveResult> RunAsync(CancellationToken cancellationToken)
    {
        var recovered = new List<RefreshEnd>();
        int deferred;
        while (true)
        {
            var (started, left) = await StartRecoveriesAsync(cancellationToken).ConfigureAwait(false);
            recovered.AddRange(await Task.WhenAll(started).ConfigureAwait(false));
            deferred = left;
            if (started.Count == 0 || cancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        var renewed = cancellationToken.IsCancellationRequested ? [] : await RenewAsync(cancellationToken).ConfigureAwait(false);
        return new KeepAliveResult
        {
            Recovered = recovered.Count(static end => end == RefreshEnd.Refreshed),
            Renewed = renewed.Count(static end => end == RefreshEnd.Refreshed),
            Ended = recovered.Concat(renewed).Count(static end => end == RefreshEnd.Ended),
            Failed = recovered.Concat(renewed).Count(static end => end == RefreshEnd.Failed),
            Deferred = deferred + recovered.Concat(renewed).Count(static end => end == RefreshEnd.Deferred),
        };
    }

    private async Task<(IReadOnlyList<string> Urgent, int Deferred)> FindDueAsync(
        AirwallexOAuthOptions options, RefreshTimings timings, CancellationToken cancellationToken)
    {
        var rows = new List<StoredConnection>();
        try
        {
            var query = new ConnectionQuery { ClientId = options.ClientId, RecoveryDueAt = Time.GetUtcNow(), Limit = PageSize };
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
            application.Current.Cache.ForEach(static entry => entry.Knowledge = entry.Knowledge.WithoutLooks());
            throw;
        }

        var rules = application.CreateRules(timings);
        var urgent = new List<(string AccountId, long Bucket, double Chance)>();
        foreach (var row in rows)
        {
            if (Look(row, rules, timings) is { } bucket)
            {
                urgent.Add((row.AccountId, bucket, application.Jitter.Next()));
            }
        }

        return ([.. urgent.OrderBy(one => one.Bucket).ThenBy(one => one.Chance).Select(one => one.AccountId)], rows.Count - urgent.Count);
    }

    /// <summary>A look at an unfinished refresh. Null when nothing is to be sent now; else how urgent it is, the lowest first.</summary>
    private long? Look(StoredConnection row, RefreshRules rules, RefreshTimings timings)
    {
        var entry = application.Current.Cache.Get(row.AccountId);
        if (entry.Operation is not null)
        {
            return null;
        }

        var now = Time.GetUtcNow();
        var attempt = ConnectionSerializer.ReadAttempt(row);
        if (attempt is not null)
        {
            entry.Knowledge = entry.Knowledge.WithLook(attempt, Time, timings);
        }

        var effective = entry.Knowledge.Effective(attempt);
        var observedFor = attempt is null ? TimeSpan.Zero : entry.Knowledge.ObservedFor(attempt, Time);
        if (rules.DecideSend(effective, foreignLeaseEnd: null, observedFor, now) is not { Kind: SendDecisionKind.Send } decision
            || entry.Cooldown is { } cooldown && !cooldown.IsOver(Time, application.Options))
        {
            // A host's next look comes in time; a program without one observes inside the operation.
            return application.HostIsRunning || entry.Cooldown is not null ? null : long.MaxValue;
        }

        // In steps, so that the instances do not all take the same one first.
        return decision.IsLastSend || effective is null
            ? long.MaxValue - 1
            : effective.FirstSentAt.UtcTicks / timings.ClockTolerance.Ticks;
    }

    private async Task<RefreshEnd> RecoverAsync(string accountId)
    {
        var (end, failure) = await RunAsync(accountId, RefreshTrigger.Recovery).ConfigureAwait(false);
        if (failure is TokenRequestException { IsTooManyRequests: true })
        {
            _throttledAt = Time.GetTimestamp();
        }

        return end;
    }

    private async Task<RefreshEnd> RenewAsync(StoredConnection row, AirwallexOAuthOptions options)
    {
        var entry = application.Current.Cache.Get(row.AccountId);
        var isCooling = entry.Cooldown is { } cooldown && !cooldown.IsOver(Time, options);
        var end = isCooling
            ? RefreshEnd.Deferred
            : (await RunAsync(row.AccountId, RefreshTrigger.KeepAlive).ConfigureAwait(false)).End;
        _overdue.Report(row, end, options);
        return end;
    }

    private async Task<(RefreshEnd End, AirwallexOAuthException? Failure)> RunAsync(string accountId, RefreshTrigger trigger)
    {
        try
        {
            var request = application.NewRequest(trigger);
            var result = await application.Refresher
                .RunAsync(accountId, request, Timeout.InfiniteTimeSpan, CancellationToken.None).ConfigureAwait(false);
            var isDone = result.SentAt is not null
                || request.IsSatisfiedBy(result.Connection, Time.GetUtcNow(), application.Options);
            return (isDone ? RefreshEnd.Refreshed : RefreshEnd.Deferred, null);
        }
        catch (AirwallexOAuthException exception)
        {
            // Logged and told to observers where it happened.
            return (exception is ReauthorizationRequiredException or ConnectionNotFoundException ? RefreshEnd.Ended : RefreshEnd.Failed, exception);
        }
    }
}

/// <summary>How a refresh of the keep-alive ended.</summary>
internal enum RefreshEnd
{
    Refreshed,
    Ended,
    Failed,
    Deferred,
}
