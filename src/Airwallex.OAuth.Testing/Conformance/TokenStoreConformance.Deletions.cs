namespace Airwallex.OAuth.Testing;

/// <content>Deletion by version: what keeps a late disconnect from removing a later connection.</content>
public abstract partial class TokenStoreConformance
{
    /// <summary>Deleting a connection that is not stored gives false: no exception.</summary>
    public Task DeletionOfAnUnknownConnectionGivesFalse() => CheckAsync(async run =>
    {
        var connection = run.NewConnection();
        run.Require(
            !await run.Store.TryDeleteAsync(ConformanceRun.KeyOf(connection), connection.Version).ConfigureAwait(false),
            "TryDeleteAsync gave true; no connection was stored.");
    });

    /// <summary>What was deleted is gone for every instance, and nothing else is.</summary>
    public Task DeletedConnectionIsGone() => CheckAsync(async run =>
    {
        var deleted = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var kept = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.RequireStoredAsync(deleted, "Before TryDeleteAsync").ConfigureAwait(false);

        await run.DeleteAsync(deleted).ConfigureAwait(false);

        await run.RequireGoneAsync(deleted, "After TryDeleteAsync").ConfigureAwait(false);
        await run.RequireStoredAsync(kept, "After TryDeleteAsync of another connection").ConfigureAwait(false);
    });

    /// <summary>A deletion that expects any version but the stored one deletes nothing.</summary>
    public Task WrongVersionDeletesNothing() => CheckAsync(async run =>
    {
        var older = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var stored = await run.ReplaceAsync(older, run.NewConnection(older.AccountId)).ConfigureAwait(false);

        foreach (var expected in new[] { older.Version, ConformanceRun.NewVersion(), "0" })
        {
            run.Require(
                !await run.Store.TryDeleteAsync(ConformanceRun.KeyOf(stored), expected).ConfigureAwait(false),
                $"TryDeleteAsync that expected version {expected} gave true; it is not the stored one.");
            await run.RequireStoredAsync(stored, $"After a deletion that expected version {expected}")
                .ConfigureAwait(false);
        }
    });

    /// <summary>A save of what was deleted meanwhile gives false. An update never brings a connection back.</summary>
    public Task UpdateDoesNotBringBackADeletedConnection() => CheckAsync(async run =>
    {
        var read = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        run.Require(
            await run.SecondInstance.TryDeleteAsync(ConformanceRun.KeyOf(read), read.Version).ConfigureAwait(false),
            "TryDeleteAsync of the second instance gave false for the stored version.");

        await RequireNotSavedAsync(run, run.NewConnection(read.AccountId), read.Version).ConfigureAwait(false);

        await run.RequireGoneAsync(read, "After a save of a deleted connection").ConfigureAwait(false);
    });

    /// <summary>
    /// After a deletion the connection can be created again. Saves and deletions that expect a version of the deleted
    /// one do not touch the new one.
    /// </summary>
    public Task DeletedConnectionCanBeCreatedAgain() => CheckAsync(async run =>
    {
        var deleted = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.DeleteAsync(deleted).ConfigureAwait(false);

        var again = await run.SaveAsync(run.NewConnection(deleted.AccountId)).ConfigureAwait(false);

        await run.RequireStoredAsync(again, "After having been deleted and created again").ConfigureAwait(false);
        await RequireNotSavedAsync(run, run.NewConnection(deleted.AccountId), deleted.Version).ConfigureAwait(false);
        run.Require(
            !await run.Store.TryDeleteAsync(ConformanceRun.KeyOf(deleted), deleted.Version).ConfigureAwait(false),
            "TryDeleteAsync with a version from before the deletion gave true.");
        await run.RequireStoredAsync(again, "After writes that expected the deleted one").ConfigureAwait(false);
    });
}
