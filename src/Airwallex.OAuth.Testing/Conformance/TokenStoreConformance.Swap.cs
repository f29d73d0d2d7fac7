using System.Globalization;

namespace Airwallex.OAuth.Testing;

/// <content>Compare-and-swap: what the lock, the lease and the write-ahead note of a refresh stand on.</content>
public abstract partial class TokenStoreConformance
{
    // Enough to overlap on any machine, few enough for a connection pool of the usual size.
    private const int Contenders = 64;

    /// <summary>An account that was never saved is not found: null, no exception.</summary>
    public Task UnknownAccountIsNotFound() => CheckAsync(run => run.RequireGoneAsync(run.NewAccountId(), "Without having been saved"));

    /// <summary>The first save stores version 1, and every further one adds one.</summary>
    public Task EverySaveAddsOneToTheVersion() => CheckAsync(async run =>
    {
        var connection = run.NewConnection();
        for (var saves = 1; saves <= 5; saves++)
        {
            connection = await run.SaveAsync(connection).ConfigureAwait(false);
            var stored = await run.ReadAsync(connection.AccountId).ConfigureAwait(false);
            run.Require(stored.Version == saves, $"After {saves} saves, the version is {stored.Version}.");
        }
    });

    /// <summary>A save replaces the whole connection, what was set before and is null now included.</summary>
    public Task SaveReplacesTheWholeConnection() => CheckAsync(async run =>
    {
        var first = await run.SaveAsync(run.NewConnection() with
        {
            Status = ConnectionStatus.ReauthorizationRequired,
            StatusReason = "The customer removed the application.",
            PendingRefresh = ConformanceRun.NewAttempt(ConformanceRun.Noon) with { AnsweredStatus = 503 },
        }).ConfigureAwait(false);

        var second = await run.SaveAsync(run.NewConnection(first.AccountId) with { Version = first.Version, ConnectedAt = ConformanceRun.Noon }).ConfigureAwait(false);

        await run.RequireStoredAsync(second, "After a save that changed every field").ConfigureAwait(false);
    });

    /// <summary>With any version but the stored one, nothing is written: an older one, a newer one, or 0 when one is stored.</summary>
    public Task WrongVersionWritesNothing() => CheckAsync(async run =>
    {
        var stored = await run.SaveAsync(await run.SaveAsync(run.NewConnection()).ConfigureAwait(false)).ConfigureAwait(false);

        foreach (var version in new[] { 0, stored.Version - 1, stored.Version + 1, long.MaxValue - 1 })
        {
            var attempt = run.NewConnection(stored.AccountId) with { Version = version };
            run.Require(!await run.Store.TrySaveAsync(attempt).ConfigureAwait(false), $"TrySaveAsync of version {version} gave true; version {stored.Version} is stored.");
            await run.RequireStoredAsync(stored, $"After TrySaveAsync of version {version}").ConfigureAwait(false);
        }
    });

    /// <summary>A connection that is not stored cannot be updated: a save with a version other than 0 writes nothing.</summary>
    public Task UpdateOfAnUnknownAccountWritesNothing() => CheckAsync(async run =>
    {
        var connection = run.NewConnection() with { Version = 3 };

        run.Require(!await run.Store.TrySaveAsync(connection).ConfigureAwait(false), "TrySaveAsync of version 3 gave true; none is stored.");

        await run.RequireGoneAsync(connection.AccountId, "After TrySaveAsync of version 3 where none was stored").ConfigureAwait(false);
    });

    /// <summary>Of 64 that create the same account at the same time, one succeeds, and its connection is the one stored.</summary>
    public Task OneOfManyCreatorsWins() => CheckAsync(async run =>
    {
        for (var round = 0; round < 5; round++)
        {
            await RequireOneWinnerAsync(run, run.NewAccountId(), version: 0).ConfigureAwait(false);
        }
    });

    /// <summary>Of 64 that save the same version at the same time, one succeeds, and its connection is the one stored.</summary>
    public Task OneOfManyWritersWinsEachVersion() => CheckAsync(async run =>
    {
        var accountId = (await run.SaveAsync(run.NewConnection()).ConfigureAwait(false)).AccountId;
        for (var version = 1; version <= 5; version++)
        {
            await RequireOneWinnerAsync(run, accountId, version).ConfigureAwait(false);
        }
    });

    /// <summary>64 writers that each read, add one and save, again when they lost the swap, lose no addition.</summary>
    public Task NoUpdateIsLost() => CheckAsync(async run =>
    {
        var accountId = (await run.SaveAsync(run.NewConnection() with { StatusReason = "0" }).ConfigureAwait(false)).AccountId;

        await TogetherAsync(async contender =>
        {
            var store = run.Instance(contender);
            while (true)
            {
                var read = await store.FindAsync(accountId).ConfigureAwait(false);
                run.Require(read is not null, "FindAsync gave null while others were saving.");
                var count = int.Parse(read.StatusReason!, CultureInfo.InvariantCulture) + 1;

                // Lets others read the same version, even of a store that never waits.
                await Task.Yield();
                if (await store.TrySaveAsync(read with { StatusReason = count.ToString(CultureInfo.InvariantCulture) }).ConfigureAwait(false))
                {
                    return true;
                }
            }
        }).ConfigureAwait(false);

        var stored = await run.ReadAsync(accountId).ConfigureAwait(false);
        run.Require(stored.StatusReason == $"{Contenders}" && stored.Version == Contenders + 1,
            $"After {Contenders} additions the sum is {stored.StatusReason} and the version {stored.Version}, expected {Contenders} and {Contenders + 1}.");
    });

    /// <summary>Deleting an account that is not stored does nothing: no exception.</summary>
    public Task DeletingAnUnknownAccountDoesNothing() => CheckAsync(async run => await run.Store.DeleteAsync(run.NewAccountId()).ConfigureAwait(false));

    /// <summary>What was deleted is gone for every instance, and nothing else is.</summary>
    public Task DeletedAccountIsGone() => CheckAsync(async run =>
    {
        var deleted = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var kept = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.RequireStoredAsync(deleted, "Before DeleteAsync").ConfigureAwait(false);

        await run.Store.DeleteAsync(deleted.AccountId).ConfigureAwait(false);

        await run.RequireGoneAsync(deleted.AccountId, "After DeleteAsync").ConfigureAwait(false);
        await run.RequireStoredAsync(kept, "After DeleteAsync of another account").ConfigureAwait(false);
    });

    /// <summary>A save of what has been deleted meanwhile gives false: a deleted connection is never brought back by an update.</summary>
    public Task DeletionDuringAnUpdateWins() => CheckAsync(async run =>
    {
        var read = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.SecondInstance.DeleteAsync(read.AccountId).ConfigureAwait(false);

        run.Require(!await run.Store.TrySaveAsync(read).ConfigureAwait(false), $"TrySaveAsync of version {read.Version} gave true after the connection was deleted.");

        await run.RequireGoneAsync(read.AccountId, "After TrySaveAsync of a deleted connection").ConfigureAwait(false);
    });

    /// <summary>A deletion in the middle of 64 updates leaves nothing behind, whichever came first.</summary>
    public Task DeletionAmongManyUpdatesLeavesNothing() => CheckAsync(async run =>
    {
        for (var round = 0; round < 5; round++)
        {
            var read = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);

            await TogetherAsync(async contender =>
            {
                if (contender == Contenders / 2)
                {
                    await run.Store.DeleteAsync(read.AccountId).ConfigureAwait(false);
                    return true;
                }

                return await run.Instance(contender).TrySaveAsync(read).ConfigureAwait(false);
            }).ConfigureAwait(false);

            await run.RequireGoneAsync(read.AccountId, $"After DeleteAsync among {Contenders - 1} saves").ConfigureAwait(false);
        }
    });

    /// <summary>After a deletion the account can be created again, from version 0, and begins anew.</summary>
    public Task DeletedAccountCanBeCreatedAgain() => CheckAsync(async run =>
    {
        var first = await run.SaveAsync(await run.SaveAsync(run.NewConnection()).ConfigureAwait(false)).ConfigureAwait(false);
        await run.Store.DeleteAsync(first.AccountId).ConfigureAwait(false);

        var again = await run.SaveAsync(run.NewConnection(first.AccountId)).ConfigureAwait(false);

        await run.RequireStoredAsync(again, "After having been deleted and created again").ConfigureAwait(false);
    });

    private static async Task RequireOneWinnerAsync(ConformanceRun run, string accountId, long version)
    {
        var contenders = Enumerable.Range(0, Contenders).Select(_ => run.NewConnection(accountId) with { Version = version }).ToArray();

        var won = await TogetherAsync(contender => run.Instance(contender).TrySaveAsync(contenders[contender]).AsTask()).ConfigureAwait(false);

        var winners = contenders.Where((_, contender) => won[contender]).ToArray();
        run.Require(winners.Length == 1, $"{winners.Length} of {Contenders} simultaneous saves of version {version} gave true, expected one.");
        await run.RequireStoredAsync(winners[0] with { Version = version + 1 }, $"After {Contenders} simultaneous saves of version {version}").ConfigureAwait(false);
    }

    // All at once: each waits at the gate until the last has arrived.
    private static async Task<bool[]> TogetherAsync(Func<int, Task<bool>> contend)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var contenders = Enumerable.Range(0, Contenders).Select(contender => Task.Run(async () =>
        {
            await gate.Task.ConfigureAwait(false);
            return await contend(contender).ConfigureAwait(false);
        })).ToArray();
        gate.SetResult();
        return await Task.WhenAll(contenders).ConfigureAwait(false);
    }
}
