using System.Globalization;

namespace Airwallex.OAuth.Testing;

/// <content>Many writers at once: what makes the swap a lock and a lease.</content>
public abstract partial class TokenStoreConformance
{
    // Enough to overlap on any machine, few enough for a connection pool of the usual size.
    private const int Contenders = 64;

    /// <summary>
    /// Of 64 that create the same connection at the same time, one succeeds, and its write is stored.
    /// </summary>
    public Task OneOfManyCreatorsWins() => CheckAsync(async run =>
    {
        for (var round = 0; round < 5; round++)
        {
            await RequireOneWinnerAsync(run, run.NewAccountId(), expected: null).ConfigureAwait(false);
        }
    });

    /// <summary>Of 64 that replace the same version at the same time, one succeeds, and its write is stored.</summary>
    public Task OneOfManyWritersWinsEachVersion() => CheckAsync(async run =>
    {
        var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        for (var round = 0; round < 5; round++)
        {
            stored = await RequireOneWinnerAsync(run, stored.AccountId, stored.Version).ConfigureAwait(false);
        }
    });

    /// <summary>Of 64 that delete the same version at the same time, one succeeds.</summary>
    public Task OneOfManyDeletionsWins() => CheckAsync(async run =>
    {
        for (var round = 0; round < 5; round++)
        {
            var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);

            var won = await TogetherAsync(contender => run.Instance(contender)
                .TryDeleteAsync(ConformanceRun.KeyOf(stored), stored.Version).AsTask()).ConfigureAwait(false);

            var winners = won.Count(one => one);
            run.Require(winners == 1, $"{winners} of {Contenders} simultaneous deletions gave true, expected one.");
            await run.RequireGoneAsync(stored, "After the deletion").ConfigureAwait(false);
        }
    });

    /// <summary>
    /// Of 32 writers and 32 deletions of the same version, one succeeds, and what it did is what is stored.
    /// </summary>
    public Task OneOfWritersAndDeletionsWins() => CheckAsync(async run =>
    {
        for (var round = 0; round < 5; round++)
        {
            var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
            var nexts = Enumerable.Range(0, Contenders).Select(_ => run.NewConnection(stored.AccountId)).ToArray();

            // Writers and deletions from each of the two instances.
            static bool Deletes(int contender) => contender % 4 > 1;
            var key = ConformanceRun.KeyOf(stored);
            var won = await TogetherAsync(async contender => Deletes(contender)
                ? await run.Instance(contender).TryDeleteAsync(key, stored.Version).ConfigureAwait(false)
                : await run.Instance(contender).TrySaveAsync(nexts[contender], stored.Version).ConfigureAwait(false))
                .ConfigureAwait(false);

            var winners = Enumerable.Range(0, Contenders).Where(contender => won[contender]).ToList();
            run.Require(
                winners.Count == 1,
                $"{winners.Count} of {Contenders} simultaneous saves and deletions gave true, expected one.");
            await (Deletes(winners[0])
                ? run.RequireGoneAsync(stored, "After the deletion that won")
                : run.RequireStoredAsync(nexts[winners[0]], "After the save that won")).ConfigureAwait(false);
        }
    });

    /// <summary>64 writers that each read, add one and save, again when they lost the swap, lose no addition.</summary>
    public Task NoUpdateIsLost() => CheckAsync(async run =>
    {
        var first = await run.SaveAsync(run.NewConnection() with { State = "0" }).ConfigureAwait(false);

        await TogetherAsync(async contender =>
        {
            var store = run.Instance(contender);
            while (true)
            {
                var read = await store.FindAsync(ConformanceRun.KeyOf(first)).ConfigureAwait(false);
                run.Require(read is not null, "FindAsync gave null while others were saving.");
                var count = int.Parse(read.State, CultureInfo.InvariantCulture) + 1;
                var next = read with
                {
                    State = count.ToString(CultureInfo.InvariantCulture),
                    Version = ConformanceRun.NewVersion(),
                };

                // Lets others read the same version, even of a store that never waits.
                await Task.Yield();
                if (await store.TrySaveAsync(next, read.Version).ConfigureAwait(false))
                {
                    return true;
                }
            }
        }).ConfigureAwait(false);

        var stored = await run.ReadAsync(first).ConfigureAwait(false);
        run.Require(stored.State == $"{Contenders}", $"After {Contenders} additions the sum is {stored.State}.");
    });

    /// <summary>
    /// 64 that create, replace and delete neighbouring connections at the same time do not disturb each other.
    /// </summary>
    public Task ManyConnectionsAreWrittenAtTheSameTime() => CheckAsync(async run =>
    {
        var prefix = run.NewAccountId();
        var done = await TogetherAsync(async contender =>
        {
            var store = run.Instance(contender);
            var connection = run.NewConnection($"{prefix}_{contender}");
            var next = run.NewConnection(connection.AccountId);
            return await store.TrySaveAsync(connection, null).ConfigureAwait(false)
                && await store.TrySaveAsync(next, connection.Version).ConfigureAwait(false)
                && (contender % 2 == 0
                    || await store.TryDeleteAsync(ConformanceRun.KeyOf(next), next.Version).ConfigureAwait(false));
        }).ConfigureAwait(false);

        run.Require(done.All(one => one), "A save or deletion gave false, although nobody else wrote the connection.");
        var listed = await run.ListOwnAsync(new ConnectionQuery { ClientId = run.ClientId }).ConfigureAwait(false);
        run.Require(listed.Count == Contenders / 2, $"{listed.Count} connections are left, expected {Contenders / 2}.");
    });

    private static async Task<StoredConnection> RequireOneWinnerAsync(
        ConformanceRun run, string accountId, string? expected)
    {
        var nexts = Enumerable.Range(0, Contenders).Select(_ => run.NewConnection(accountId)).ToArray();

        var won = await TogetherAsync(contender =>
            run.Instance(contender).TrySaveAsync(nexts[contender], expected).AsTask()).ConfigureAwait(false);

        var winners = nexts.Where((_, contender) => won[contender]).ToArray();
        run.Require(
            winners.Length == 1,
            $"{winners.Length} of {Contenders} simultaneous saves that expected one version gave true, expected one.");
        await run.RequireStoredAsync(winners[0], $"After {Contenders} simultaneous saves").ConfigureAwait(false);
        return winners[0];
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
