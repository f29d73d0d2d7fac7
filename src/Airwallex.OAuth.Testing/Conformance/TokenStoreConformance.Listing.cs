namespace Airwallex.OAuth.Testing;

/// <content>Listing: what the keep-alive and the recovery of interrupted refreshes find their work by.</content>
public abstract partial class TokenStoreConformance
{
    /// <summary>Each condition of <see cref="ConnectionFilter"/>, and each combination of them, lists exactly what <see cref="ConnectionFilter.Matches"/> accepts.</summary>
    public Task FiltersListWhatMatches() => CheckAsync(async run =>
    {
        // Due a microsecond early, on time, a microsecond late; leased likewise or not at all; of every status.
        var microsecond = TimeSpan.FromMicroseconds(1);
        DateTimeOffset[] moments = [ConformanceRun.Noon - microsecond, ConformanceRun.Noon, ConformanceRun.Noon + microsecond];
        var connections =
            from status in Enum.GetValues<ConnectionStatus>()
            from renewAt in moments
            from leaseExpiresAt in moments.Select(moment => (DateTimeOffset?)moment).Append(null)
            select run.NewConnection() with
            {
                Status = status,
                RenewAt = renewAt,
                PendingRefresh = leaseExpiresAt is { } expiresAt ? ConformanceRun.NewAttempt(expiresAt) : null,
            };
        var saved = connections.ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        // The same instant as the stored ones, told at another offset.
        var noon = ConformanceRun.Noon.ToOffset(TimeSpan.FromHours(8));
        var filters =
            from status in Enum.GetValues<ConnectionStatus>().Select(status => (ConnectionStatus?)status).Append(null)
            from renewalDueAt in new DateTimeOffset?[] { null, noon }
            from leaseExpiredAt in new DateTimeOffset?[] { null, noon }
            select new ConnectionFilter { Status = status, RenewalDueAt = renewalDueAt, LeaseExpiredAt = leaseExpiredAt };
        foreach (var filter in filters)
        {
            var listed = await run.ListOwnAsync(filter).ConfigureAwait(false);
            run.RequireAccounts(saved.Where(filter.Matches).Select(connection => connection.AccountId), listed.Select(connection => connection.AccountId), $"ListAsync of {filter}");
        }
    });

    /// <summary>A listed connection is the whole connection, as FindAsync gives it.</summary>
    public Task ListedConnectionsAreWhole() => CheckAsync(async run =>
    {
        var saved = await run.SaveAsync(run.NewConnection() with
        {
            StatusReason = "It waits.",
            PendingRefresh = ConformanceRun.NewAttempt(ConformanceRun.Noon) with { AnsweredStatus = 500 },
        }).ConfigureAwait(false);

        var listed = await run.ListOwnAsync(new ConnectionFilter { LeaseExpiredAt = ConformanceRun.Noon }).ConfigureAwait(false);

        run.Require(listed.Count == 1, $"ListAsync gave {listed.Count} connections, expected one.");
        run.RequireSame(saved, listed[0], "As ListAsync gave it");
    });

    /// <summary>Thousands of connections are listed, each once, by every kind of filter, however many of them are due at the same instant.</summary>
    public Task ManyConnectionsAreListedOnceEach() => CheckAsync(async run =>
    {
        var saved = Enumerable.Range(0, ManyConnections).Select(number => run.NewConnection() with
        {
            // Every third due at one and the same instant, as after an import.
            RenewAt = number % 3 == 0 ? ConformanceRun.Noon : ConformanceRun.Noon.AddSeconds(-number),
            PendingRefresh = ConformanceRun.NewAttempt(number % 3 == 1 ? ConformanceRun.Noon : ConformanceRun.Noon.AddSeconds(-number)),
        }).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        ConnectionFilter[] filters =
        [
            new(),
            new() { Status = ConnectionStatus.Active },
            new() { Status = ConnectionStatus.Active, RenewalDueAt = ConformanceRun.Noon },
            new() { LeaseExpiredAt = ConformanceRun.Noon },
        ];
        foreach (var filter in filters)
        {
            var listed = await run.ListOwnAsync(filter).ConfigureAwait(false);
            run.RequireAccounts(saved.Select(connection => connection.AccountId), listed.Select(connection => connection.AccountId), $"ListAsync of {filter}");
        }
    });

    /// <summary>
    /// While a listing is read, the store can be used, and what is saved, deleted and created meanwhile disturbs nothing: every
    /// connection that stays as it is is listed, and none twice, not even one that still matches after it was changed.
    /// </summary>
    public Task ConnectionsMayChangeWhileListed() => CheckAsync(async run =>
    {
        foreach (var filter in new ConnectionFilter[]
        {
            new(),
            new() { Status = ConnectionStatus.Active, RenewalDueAt = ConformanceRun.Noon },
            new() { LeaseExpiredAt = ConformanceRun.Noon },
        })
        {
            await RequireListingBearsChangesAsync(run, filter).ConfigureAwait(false);
        }
    });

    /// <summary>A listing ends with <see cref="OperationCanceledException"/>, at once when its token is cancelled already and soon when it is cancelled on the way.</summary>
    public Task CancellationEndsAListing() => CheckAsync(async run =>
    {
        var saved = Enumerable.Range(0, 20).Select(_ => run.NewConnection()).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        var cancelled = new CancellationToken(canceled: true);
        await RequireCancelledAsync(run, "ListAsync", () => ReadToEndAsync(run.Store.ListAsync(new ConnectionFilter(), cancelled))).ConfigureAwait(false);

        using var cancellation = new CancellationTokenSource();
        await RequireCancelledAsync(run, "ListAsync, cancelled after its first connection,", async () =>
        {
            await foreach (var _ in run.Store.ListAsync(new ConnectionFilter(), cancellation.Token).ConfigureAwait(false))
            {
                await cancellation.CancelAsync().ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    });

    private async Task RequireListingBearsChangesAsync(ConformanceRun run, ConnectionFilter filter)
    {
        var due = ConformanceRun.Noon.AddDays(-1);
        var saved = Enumerable.Range(0, ManyConnections / 3).Select(number => run.NewConnection() with
        {
            RenewAt = due.AddSeconds(number),
            PendingRefresh = ConformanceRun.NewAttempt(due.AddSeconds(number)),
        }).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        // Every third stays, every third changes places at each step of the listing, every third is deleted on the way.
        var staying = saved.Where((_, number) => number % 3 == 0).ToList();
        var changing = saved.Where((_, number) => number % 3 == 1).Select(connection => connection with { Version = 1 }).ToList();
        var deleting = new Queue<string>(saved.Where((_, number) => number % 3 == 2).Select(connection => connection.AccountId));
        var listed = new List<string>();
        await foreach (var connection in run.Store.ListAsync(filter).ConfigureAwait(false))
        {
            if (!run.IsOwn(connection))
            {
                continue;
            }

            listed.Add(connection.AccountId);
            var index = listed.Count % changing.Count;
            var changed = changing[index];
            var moved = due.AddSeconds(listed.Count % 2 == 0 ? listed.Count : saved.Count + listed.Count);
            changing[index] = await run.SaveAsync(changed with { RenewAt = moved, PendingRefresh = changed.PendingRefresh! with { LeaseExpiresAt = moved } }).ConfigureAwait(false);
            if (deleting.TryDequeue(out var accountId))
            {
                await run.Store.DeleteAsync(accountId).ConfigureAwait(false);
            }

            if (listed.Count <= 10)
            {
                await run.SaveAsync(run.NewConnection() with { RenewAt = due, PendingRefresh = ConformanceRun.NewAttempt(due) }).ConfigureAwait(false);
            }

            run.Require(listed.Count <= saved.Count * 2, $"ListAsync of {filter} does not end while connections change.");
        }

        run.RequireAccounts(staying.Select(connection => connection.AccountId), listed.Intersect(staying.Select(connection => connection.AccountId), StringComparer.Ordinal), $"ListAsync of {filter}, while other connections changed,");
        run.Require(listed.Count == listed.Distinct(StringComparer.Ordinal).Count(), $"ListAsync of {filter} gave an account twice while connections changed.");

        foreach (var accountId in changing.Concat(staying).Select(connection => connection.AccountId))
        {
            await run.Store.DeleteAsync(accountId).ConfigureAwait(false);
        }
    }

    private static async Task ReadToEndAsync(IAsyncEnumerable<AirwallexConnection> listing)
    {
        await foreach (var _ in listing.ConfigureAwait(false))
        {
        }
    }
}
