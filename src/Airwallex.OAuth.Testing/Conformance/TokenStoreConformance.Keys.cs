namespace Airwallex.OAuth.Testing;

/// <content>Keys: account and client id, compared by ordinal.</content>
public abstract partial class TokenStoreConformance
{
    private static readonly string[] TextsThatLookAlike =
    [
        "AcFEnD6CMgOvuFYLgFCw9A", "ACFEND6CMGOVUFYLGFCW9A", "acfend6cmgovufylgfcw9a",
        "é", "e\u0301", "e", "ss", "ß", "ẞ", "I", "i", "İ", "ı", "a", " a", "Å", "A\u030A", "１", "1", "١",
        "日本語", "🏦", "👩‍🚀", "שלום", "';--", "%", "_", "*", "a/b\\c?d#e", "a|b", "a:b", "null", new string('x', 80),
    ];

    /// <summary>
    /// Account ids are opaque, up to 255 characters of any script, and compared by ordinal: ids that differ in case, by
    /// an accent or in Unicode normalization alone name different connections. None ends in white space.
    /// </summary>
    public Task AccountIdsAreComparedByOrdinal() => CheckAsync(async run =>
    {
        var prefix = run.NewAccountId();
        var longest = new string('y', 255 - prefix.Length - 1);
        var accountIds = TextsThatLookAlike.Append(longest).Select(text => $"{prefix}_{text}");
        await RequireApartAsync(run, [.. accountIds.Select(accountId => run.NewConnection(accountId))])
            .ConfigureAwait(false);
    });

    /// <summary>
    /// Client ids are opaque, up to 128 characters of any script, and compared by ordinal like account ids.
    /// </summary>
    public Task ClientIdsAreComparedByOrdinal() => CheckAsync(async run =>
    {
        var accountId = run.NewAccountId();
        var longest = new string('y', 128 - run.ClientId.Length - 1);
        var clientIds = TextsThatLookAlike.Append(longest).Select(text => $"{run.ClientId}_{text}");
        await RequireApartAsync(run, [.. clientIds.Select(clientId => run.NewConnection(accountId, clientId))])
            .ConfigureAwait(false);
    });

    /// <summary>
    /// One account under two clients is two connections. So are keys whose parts give the same text together.
    /// </summary>
    public Task AccountAndClientAreTheKeyTogether() => CheckAsync(async run =>
    {
        var (account, client) = (run.NewAccountId(), run.ClientId);
        await RequireApartAsync(
            run,
            [
                run.NewConnection(account, client),
                run.NewConnection(account, client + "2"),
                run.NewConnection(account + "2", client),
                run.NewConnection(account + "2", client + "2"),
                run.NewConnection(account + "x", "y" + client),
                run.NewConnection(account + "xy", client),
                run.NewConnection(account + "/z", client),
                run.NewConnection(account, "z/" + client),
                run.NewConnection(account + "|" + client, client),
                run.NewConnection(account, client + "|" + client),
            ]).ConfigureAwait(false);
    });

    /// <summary>The stored connections are found, listed, replaced and deleted each alone.</summary>
    private static async Task RequireApartAsync(ConformanceRun run, List<StoredConnection> connections)
    {
        foreach (var connection in connections)
        {
            await run.RequireGoneAsync(connection, "Before having been saved").ConfigureAwait(false);
            await run.SaveAsync(connection).ConfigureAwait(false);
        }

        foreach (var connection in connections)
        {
            await run.RequireStoredAsync(connection, "Among keys that look alike").ConfigureAwait(false);
        }

        await RequireListedApartAsync(run, connections).ConfigureAwait(false);
        for (var last = connections.Count - 1; last >= 0; last--)
        {
            var (saved, others) = (connections[last], connections[..last]);
            var next = run.NewConnection(saved.AccountId, saved.ClientId);
            await run.DeleteAsync(await run.ReplaceAsync(saved, next).ConfigureAwait(false)).ConfigureAwait(false);
            await run.RequireGoneAsync(saved, "After TryDeleteAsync").ConfigureAwait(false);
            foreach (var other in others)
            {
                await run.RequireStoredAsync(other, $"After {ConformanceRun.Name(saved)} was replaced and deleted")
                    .ConfigureAwait(false);
            }
        }
    }

    private static async Task RequireListedApartAsync(ConformanceRun run, List<StoredConnection> connections)
    {
        foreach (var accounts in connections.GroupBy(connection => connection.AccountId, StringComparer.Ordinal))
        {
            var listed = await run.ListOwnAsync(new ConnectionQuery { AccountId = accounts.Key }).ConfigureAwait(false);
            run.RequireListed([.. accounts], listed, $"ListAsync of account \"{accounts.Key}\"");
        }

        // Pages of two, so that the order of keys that look alike matters.
        foreach (var clients in connections.GroupBy(connection => connection.ClientId, StringComparer.Ordinal))
        {
            var query = new ConnectionQuery { ClientId = clients.Key, Limit = 2 };
            var listed = await run.ListOwnAsync(query).ConfigureAwait(false);
            run.RequireListed([.. clients], listed, $"ListAsync of client \"{clients.Key}\"");
        }
    }
}
