using System.Diagnostics;

namespace Airwallex.OAuth.Testing;

/// <content>Cancellation, and writes whose outcome the caller does not learn.</content>
public abstract partial class TokenStoreConformance
{
    private const int CancelledSaves = 25;

    /// <summary>
    /// A token that is cancelled already ends every method with <see cref="OperationCanceledException"/>, and nothing
    /// is written or deleted.
    /// </summary>
    public Task CancelledCallsWriteNothing() => CheckAsync(async run =>
    {
        var cancelled = new CancellationToken(canceled: true);
        var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var absent = run.NewConnection();
        var next = run.NewConnection(stored.AccountId);
        var key = ConformanceRun.KeyOf(stored);

        (string Method, Func<Task> Call)[] calls =
        [
            ("TrySaveAsync of a new connection", () => run.Store.TrySaveAsync(absent, null, cancelled).AsTask()),
            ("TrySaveAsync", () => run.Store.TrySaveAsync(next, stored.Version, cancelled).AsTask()),
            ("TryDeleteAsync", () => run.Store.TryDeleteAsync(key, stored.Version, cancelled).AsTask()),
            ("FindAsync", () => run.Store.FindAsync(key, cancelled).AsTask()),
            ("ListAsync", () => run.Store.ListAsync(new ConnectionQuery(), cancelled).AsTask()),
            ("SummarizeAsync", () => run.Store.SummarizeAsync(ConformanceRun.Noon, cancelled).AsTask()),
        ];
        foreach (var (method, call) in calls)
        {
            await RequireCancelledAsync(run, method, call).ConfigureAwait(false);
        }

        await run.RequireGoneAsync(absent, "After a cancelled save").ConfigureAwait(false);
        await run.RequireStoredAsync(stored, "After a cancelled save and a cancelled deletion").ConfigureAwait(false);
    });

    /// <summary>
    /// A save that is cancelled on its way is written whole or not at all. The stored version shows which, and a save
    /// that expects that version succeeds.
    /// </summary>
    public Task SaveCancelledOnItsWayIsWrittenWholeOrNotAtAll() => CheckAsync(async run =>
    {
        var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        stored = await run.ReplaceAsync(stored, run.NewConnection(stored.AccountId)).ConfigureAwait(false);
        var usual = Stopwatch.GetElapsedTime(started);

        for (var save = 0; save < CancelledSaves; save++)
        {
            // From at once to a little later than a save takes.
            var next = run.NewConnection(stored.AccountId);
            var after = usual * (1.2 * save / CancelledSaves);
            var written = await SaveAndCancelAsync(run.Store, next, stored.Version, after).ConfigureAwait(false);
            stored = await TakeUpAsync(run, stored, next, written).ConfigureAwait(false);
        }
    });

    // True or false as the store said; null when the caller did not learn the outcome.
    private static async Task<bool?> SaveAndCancelAsync(
        ITokenStore store, StoredConnection next, string expected, TimeSpan after)
    {
        using var cancellation = new CancellationTokenSource();
        var save = store.TrySaveAsync(next, expected, cancellation.Token).AsTask();
        cancellation.CancelAfter(after);
        try
        {
            return await save.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Engines report a cancellation in many ways.
            return null;
        }
    }

    private static async Task<StoredConnection> TakeUpAsync(
        ConformanceRun run, StoredConnection before, StoredConnection next, bool? written)
    {
        // A cancelled write may land late: once, so that a second try must succeed.
        for (var tries = 0; tries < 2; tries++)
        {
            var read = await run.ReadAsync(before).ConfigureAwait(false);
            run.Require(
                written != false && (written != true || read.Version == next.Version),
                $"TrySaveAsync gave {written} for the stored version, and version {read.Version} is stored.");
            run.RequireSame(read.Version == next.Version ? next : before, read, "After a save that was cancelled");

            var another = run.NewConnection(before.AccountId);
            if (await run.Store.TrySaveAsync(another, read.Version).ConfigureAwait(false))
            {
                await run.RequireStoredAsync(another, "After a save that followed a cancelled one")
                    .ConfigureAwait(false);
                return another;
            }
        }

        throw run.Broken("After a cancelled save, no save that expects the stored version succeeds.");
    }

    private static async Task RequireCancelledAsync(ConformanceRun run, string method, Func<Task> call)
    {
        try
        {
            await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw run.Broken($"{method} with a cancelled token threw no OperationCanceledException.");
    }
}
