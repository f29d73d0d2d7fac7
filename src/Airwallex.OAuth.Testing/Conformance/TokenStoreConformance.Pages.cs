namespace Airwallex.OAuth.Testing;

/// <content>Pages: what the keep-alive and the recovery of interrupted refreshes find their work by.</content>
public abstract partial class TokenStoreConformance
{
    /// <summary>
    /// Each condition of a query, and each combination of them, lists exactly the connections that match.
    /// </summary>
    public Task FiltersListWhatMatches() => CheckAsync(async run =>
    {
        // Due a millisecond early, on time, a millisecond late, and for recovery not at all; of every status.
        var millisecond = TimeSpan.FromMilliseconds(1);
        DateTimeOffset[] instants =
            [ConformanceRun.Noon - millisecond, ConformanceRun.Noon, ConformanceRun.Noon + millisecond];
        var shared = run.NewAccountId();
        string[] clientIds = [run.ClientId, run.ClientId + "_two"];
        var saved = (
            from status in StoredStatuses
            from renewAt in instants
            from recoverAt in instants.Select(instant => (DateTimeOffset?)instant).Append(null)
            select run.NewConnection() with { Status = status, RenewAt = renewAt, RecoverAt = recoverAt }).ToList();
        saved.AddRange(clientIds.Select(clientId =>
            run.NewConnection(shared, clientId) with { RenewAt = instants[0], RecoverAt = instants[0] }));
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        var queries =
            from clientId in clientIds.Append(null)
            from accountId in new[] { null, shared }
            from status in StoredStatuses.Select(status => (ConnectionStatus?)status).Append(null)
            from renewalDueAt in new DateTimeOffset?[] { null, ConformanceRun.Noon }
            from recoveryDueAt in new DateTimeOffset?[] { null, ConformanceRun.Noon }
            select new ConnectionQuery
            {
                ClientId = clientId,
                AccountId = accountId,
                Status = status,
                RenewalDueAt = renewalDueAt,
                RecoveryDueAt = recoveryDueAt,
            };
        foreach (var query in queries)
        {
            var listed = await run.ListOwnAsync(query).ConfigureAwait(false);
            run.RequireListed(saved.FindAll(connection => Matches(connection, query)), listed, $"ListAsync of {query}");
        }
    });

    /// <summary>A page holds as many connections as its limit; fewer only when there are no more.</summary>
    public Task PagesAreFull() => CheckAsync(async run =>
    {
        var saved = Enumerable.Range(0, 10).Select(_ => run.NewConnection()).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        foreach (var (limit, pages) in new[] { (1, 10), (3, 3), (10, 1), (11, 0), (1_000, 0) })
        {
            var full = 0;
            var query = new ConnectionQuery { ClientId = run.ClientId, Limit = limit };
            var listed = await run.ListOwnAsync(query, () => Task.FromResult(full++)).ConfigureAwait(false);

            run.Require(full == pages, $"ListAsync of 10 by {limit} gave {full} full pages, expected {pages}.");
            run.RequireListed(saved, listed, $"ListAsync of 10 connections by {limit}");
        }
    });

    /// <summary>
    /// Many connections are listed, each once, by every kind of query, however many of them are due at the same
    /// instant.
    /// </summary>
    public Task ManyConnectionsAreListedOnceEach() => CheckAsync(async run =>
    {
        var saved = Enumerable.Range(0, ManyConnections).Select(number => DueConnection(run, number)).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        foreach (var query in LongQueries(run))
        {
            var listed = await run.ListOwnAsync(query).ConfigureAwait(false);
            run.RequireListed(saved, listed, $"ListAsync of {query}");
        }
    });

    /// <summary>
    /// Between two pages, connections may be saved, deleted and created, the last one of the page before included.
    /// Every connection that stays as it is is listed once, and the listing ends.
    /// </summary>
    public Task ConnectionsMayChangeBetweenPages() => CheckAsync(async run =>
    {
        foreach (var query in LongQueries(run))
        {
            await RequireListingBearsChangesAsync(run, query with { Limit = 10 }).ConfigureAwait(false);
        }
    });

    private static async Task RequireListingBearsChangesAsync(ConformanceRun run, ConnectionQuery query)
    {
        var saved = Enumerable.Range(0, 120).Select(number => DueConnection(run, number)).ToList();
        await run.SaveAllAsync(saved).ConfigureAwait(false);

        // Every third stays. At every page some of the others change: of that page, its last first, and of later ones.
        var staying = saved.Where((_, number) => number % 3 == 0).ToDictionary(ConformanceRun.KeyOf);
        var changing = saved.Except(staying.Values).ToList();
        var listed = new List<StoredConnection>();
        for (var pages = 0; ; pages++)
        {
            var page = await run.ReadPageAsync(run.Store, query).ConfigureAwait(false);
            listed.AddRange(page.Where(connection => staying.ContainsKey(ConformanceRun.KeyOf(connection))));
            if (page.Count < query.Limit)
            {
                break;
            }

            run.Require(pages < 100_000, $"ListAsync of {query} does not end while connections change.");
            StoredConnection[] chosen =
                [.. changing.Intersect(page).Reverse().Take(3), .. changing.Except(page).Take(3)];
            changing = changing.Except(chosen).ToList();
            await ChangeAsync(run, chosen, pages).ConfigureAwait(false);
            query = query with { After = page[^1] };
        }

        run.RequireListed(staying.Values, listed, $"ListAsync of {query}, while other connections changed,");
    }

    // By turns: deleted and created anew, recovered, moved to the beginning, moved to the end.
    private static async Task ChangeAsync(ConformanceRun run, StoredConnection[] connections, int turn)
    {
        foreach (var connection in connections)
        {
            var moved = ConformanceRun.Noon.AddDays(turn % 4 == 2 ? -2 : 0);
            var next = connection with
            {
                Version = ConformanceRun.NewVersion(),
                RenewAt = moved,
                RecoverAt = turn % 4 == 1 ? null : moved,
            };
            if (turn++ % 4 == 0)
            {
                await run.DeleteAsync(connection).ConfigureAwait(false);
                await run.SaveAsync(DueConnection(run, turn)).ConfigureAwait(false);
            }
            else
            {
                await run.ReplaceAsync(connection, next).ConfigureAwait(false);
            }
        }
    }

    // Every third is due at one and the same instant, as after an import.
    private static StoredConnection DueConnection(ConformanceRun run, int number) => run.NewConnection() with
    {
        RenewAt = number % 3 == 0 ? ConformanceRun.Noon : ConformanceRun.Noon.AddSeconds(-number),
        RecoverAt = number % 3 == 1 ? ConformanceRun.Noon : ConformanceRun.Noon.AddSeconds(-number),
    };

    private static ConnectionQuery[] LongQueries(ConformanceRun run) =>
    [
        new(),
        new() { ClientId = run.ClientId },
        new() { ClientId = run.ClientId, Status = ConnectionStatus.Active, RenewalDueAt = ConformanceRun.Noon },
        new() { ClientId = run.ClientId, RecoveryDueAt = ConformanceRun.Noon },
        new() { RenewalDueAt = ConformanceRun.Noon, RecoveryDueAt = ConformanceRun.Noon },
    ];

    private static bool Matches(StoredConnection connection, ConnectionQuery query) =>
        (query.ClientId is null || connection.ClientId == query.ClientId)
        && (query.AccountId is null || connection.AccountId == query.AccountId)
        && (query.Status is null || connection.Status == query.Status)
        && (query.RenewalDueAt is null || connection.RenewAt <= query.RenewalDueAt)
        && (query.RecoveryDueAt is null || connection.RecoverAt <= query.RecoveryDueAt);
}
