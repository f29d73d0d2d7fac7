namespace Airwallex.OAuth.Testing;

/// <content>Compare-and-swap, one writer at a time: what the write-ahead of a refresh relies on.</content>
public abstract partial class TokenStoreConformance
{
    private const string VersionOfBothCases = "Ab1-_.~";

    private static readonly string[] VersionsLikeIt =
        ["AB1-_.~", "ab1-_.~", " Ab1-_.~", "Ab1-_.", "Ab1%", "Ab1-__~"];

    /// <summary>A connection that was never saved is not found: null, no exception.</summary>
    public Task UnknownConnectionIsNotFound() =>
        CheckAsync(run => run.RequireGoneAsync(run.NewConnection(), "Without having been saved"));

    /// <summary>
    /// The version stored is the one that was given with the connection; the store makes none of its own.
    /// </summary>
    public Task EverySaveStoresTheVersionGiven() => CheckAsync(async run =>
    {
        var stored = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.RequireStoredAsync(stored, "After the first save").ConfigureAwait(false);
        foreach (var version in new[] { "2", ConformanceRun.NewVersion(), new string('v', 64) })
        {
            stored = await run.ReplaceAsync(stored, stored with { Version = version }).ConfigureAwait(false);
            await run.RequireStoredAsync(stored, $"After a save with version {version}").ConfigureAwait(false);
        }
    });

    /// <summary>A save replaces the whole connection. What was set before and is null now is null afterwards.</summary>
    public Task SaveReplacesTheWholeConnection() => CheckAsync(async run =>
    {
        var first = await run.SaveAsync(run.NewConnection() with
        {
            Status = ConnectionStatus.ReauthorizationRequired,
            RecoverAt = ConformanceRun.Noon,
        }).ConfigureAwait(false);

        var next = run.NewConnection(first.AccountId) with { RenewAt = ConformanceRun.Noon };
        await run.ReplaceAsync(first, next).ConfigureAwait(false);

        await run.RequireStoredAsync(next, "After a save that changed every field").ConfigureAwait(false);
    });

    /// <summary>
    /// With any version but the stored one, nothing is written: an older one, the one to be written, or null when a
    /// connection is stored.
    /// </summary>
    public Task WrongVersionWritesNothing() => CheckAsync(async run =>
    {
        var older = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        var stored = await run.ReplaceAsync(older, run.NewConnection(older.AccountId)).ConfigureAwait(false);
        var next = run.NewConnection(older.AccountId);

        foreach (var expected in new[] { older.Version, next.Version, ConformanceRun.NewVersion(), "0", null })
        {
            await RequireNotSavedAsync(run, next, expected).ConfigureAwait(false);
            await run.RequireStoredAsync(stored, $"After a save that expected version {expected ?? "null"}")
                .ConfigureAwait(false);
        }
    });

    /// <summary>
    /// Versions are compared by ordinal: one that differs in case alone is another.
    /// </summary>
    public Task VersionsAreComparedByOrdinal() => CheckAsync(async run =>
    {
        var connection = run.NewConnection() with { Version = VersionOfBothCases };
        var stored = await run.SaveAsync(connection).ConfigureAwait(false);

        foreach (var expected in VersionsLikeIt)
        {
            await RequireNotSavedAsync(run, run.NewConnection(stored.AccountId), expected).ConfigureAwait(false);
            run.Require(
                !await run.Store.TryDeleteAsync(ConformanceRun.KeyOf(stored), expected).ConfigureAwait(false),
                $"TryDeleteAsync that expected version \"{expected}\" gave true; \"{stored.Version}\" is stored.");
        }

        await run.RequireStoredAsync(stored, "After saves and deletions that expected versions like its own")
            .ConfigureAwait(false);
    });

    /// <summary>
    /// A connection that is not stored cannot be updated: a save that expects a version writes nothing.
    /// </summary>
    public Task UpdateOfAnUnknownConnectionWritesNothing() => CheckAsync(async run =>
    {
        var connection = run.NewConnection();

        await RequireNotSavedAsync(run, connection, ConformanceRun.NewVersion()).ConfigureAwait(false);
        await RequireNotSavedAsync(run, connection, connection.Version).ConfigureAwait(false);

        await run.RequireGoneAsync(connection, "After a save that expected a version where none was stored")
            .ConfigureAwait(false);
    });

    /// <summary>
    /// A save that is sent again after it took effect changes nothing, whatever it reports: a store may recognize its
    /// own write. The version that is stored then shows the caller that its write took effect.
    /// </summary>
    public Task RepeatedSaveIsRecognizedByItsVersion() => CheckAsync(async run =>
    {
        var first = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await run.Store.TrySaveAsync(first, null).ConfigureAwait(false);
        await run.RequireStoredAsync(first, "After the same first save twice").ConfigureAwait(false);

        var second = await run.ReplaceAsync(first, run.NewConnection(first.AccountId)).ConfigureAwait(false);
        await run.Store.TrySaveAsync(second, first.Version).ConfigureAwait(false);
        await run.RequireStoredAsync(second, "After the same save twice").ConfigureAwait(false);
    });

    private static async Task RequireNotSavedAsync(ConformanceRun run, StoredConnection next, string? expected) =>
        run.Require(
            !await run.Store.TrySaveAsync(next, expected).ConfigureAwait(false),
            $"TrySaveAsync that expected version {expected ?? "null"} gave true; it is not the stored one.");
}
