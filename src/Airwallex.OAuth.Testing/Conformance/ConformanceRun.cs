using System.Diagnostics.CodeAnalysis;

namespace Airwallex.OAuth.Testing;

/// <summary>One rule being checked against one store: made-up connections, and comparisons that throw.</summary>
internal sealed class ConformanceRun(string rule, ITokenStore store, ITokenStore secondInstance)
{
    public static readonly DateTimeOffset Noon = new(2031, 5, 6, 12, 0, 0, TimeSpan.Zero);

    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _accounts;

    public ITokenStore Store { get; } = store;

    /// <summary>The same data as another instance of the application sees it.</summary>
    public ITokenStore SecondInstance { get; } = secondInstance;

    /// <summary>The client id of every connection of this run that names no other.</summary>
    public string ClientId => $"client_{_run}";

    /// <summary>The two instances by turns.</summary>
    public ITokenStore Instance(int number) => number % 2 == 0 ? Store : SecondInstance;

    public static string NewVersion() => Guid.NewGuid().ToString("N");

    public string NewAccountId() => $"acct_{_run}_{Interlocked.Increment(ref _accounts)}";

    public bool IsOwn(StoredConnection connection) =>
        connection.AccountId.StartsWith($"acct_{_run}_", StringComparison.Ordinal);

    public StoredConnection NewConnection(string? accountId = null, string? clientId = null) => new()
    {
        ClientId = clientId ?? ClientId,
        AccountId = accountId ?? NewAccountId(),
        Version = NewVersion(),
        RenewAt = Noon.AddDays(60),
        State = $$"""{"id":"{{Guid.NewGuid():N}}","scopes":["balance:read"]}""",
        Tokens = "encrypted." + Guid.NewGuid().ToString("N"),
    };

    public static ConnectionKey KeyOf(StoredConnection connection) =>
        new() { AccountId = connection.AccountId, ClientId = connection.ClientId };

    /// <summary>Saves a connection that is not stored yet.</summary>
    public async Task<StoredConnection> SaveAsync(StoredConnection connection)
    {
        Require(await Store.TrySaveAsync(connection, null).ConfigureAwait(false),
            $"TrySaveAsync gave false, although nothing is stored for {Name(connection)}.");
        return connection;
    }

    /// <summary>Saves another connection in the place of the stored one.</summary>
    public async Task<StoredConnection> ReplaceAsync(StoredConnection stored, StoredConnection next)
    {
        Require(await Store.TrySaveAsync(next, stored.Version).ConfigureAwait(false),
            $"TrySaveAsync with the stored version {stored.Version} gave false for {Name(stored)}.");
        return next;
    }

    public async Task DeleteAsync(StoredConnection stored) => Require(
        await Store.TryDeleteAsync(KeyOf(stored), stored.Version).ConfigureAwait(false),
        $"TryDeleteAsync with the stored version {stored.Version} gave false for {Name(stored)}.");

    public async Task SaveAllAsync(IReadOnlyCollection<StoredConnection> connections) => await Parallel.ForEachAsync(
        connections,
        new ParallelOptions { MaxDegreeOfParallelism = 16 },
        async (connection, _) => await SaveAsync(connection).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>The connection as the second instance reads it; it must be there.</summary>
    public async Task<StoredConnection> ReadAsync(StoredConnection saved)
    {
        var found = await SecondInstance.FindAsync(KeyOf(saved)).ConfigureAwait(false);
        Require(found is not null, $"FindAsync gave null for {Name(saved)}, which was saved.");
        return found;
    }

    public async Task RequireStoredAsync(StoredConnection expected, string afterWhat) =>
        RequireSame(expected, await ReadAsync(expected).ConfigureAwait(false), afterWhat);

    public async Task RequireGoneAsync(StoredConnection connection, string afterWhat) => Require(
        await SecondInstance.FindAsync(KeyOf(connection)).ConfigureAwait(false) is null,
        $"{afterWhat}, {Name(connection)} is stored.");

    /// <summary>Reads every page, and gives the connections of this run.</summary>
    public async Task<List<StoredConnection>> ListOwnAsync(ConnectionQuery query, Func<Task>? betweenPages = null)
    {
        var own = new List<StoredConnection>();
        while (true)
        {
            var page = await ReadPageAsync(SecondInstance, query).ConfigureAwait(false);
            Require(
                query.After is null || !IsOwn(query.After) || page.All(one => KeyOf(one) != KeyOf(query.After)),
                $"ListAsync of {query} gave the connection again that the page begins after.");
            own.AddRange(page.Where(IsOwn));
            if (page.Count < query.Limit)
            {
                return own;
            }

            query = query with { After = page[^1] };
            await (betweenPages?.Invoke() ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    public async Task<IReadOnlyList<StoredConnection>> ReadPageAsync(ITokenStore from, ConnectionQuery query)
    {
        var page = await from.ListAsync(query).ConfigureAwait(false);
        Require(page.Count <= query.Limit, $"ListAsync of {query} gave a page of {page.Count}.");
        return page;
    }

    /// <summary>Each connection expected is listed as it was saved, none twice, none else.</summary>
    public void RequireListed(
        IReadOnlyCollection<StoredConnection> expected, IReadOnlyCollection<StoredConnection> listed, string what)
    {
        var byKey = listed.GroupBy(KeyOf).ToDictionary(group => group.Key, group => group.ToList());
        var missing = expected.Where(connection => !byKey.ContainsKey(KeyOf(connection))).ToList();
        var twice = byKey.Values.Where(group => group.Count > 1).Select(group => group[0]).ToList();
        var extra = listed.ExceptBy(expected.Select(KeyOf), KeyOf).ToList();
        Require(missing.Count == 0, $"{what} missed {Some(missing)}.");
        Require(twice.Count == 0, $"{what} gave more than once {Some(twice)}.");
        Require(extra.Count == 0, $"{what} gave {Some(extra)}, which should not be listed.");
        foreach (var connection in expected)
        {
            RequireSame(connection, byKey[KeyOf(connection)][0], $"As {what} gave it");
        }
    }

    public void RequireSame(StoredConnection expected, StoredConnection actual, string afterWhat)
    {
        var differences = Differences(expected, actual).ToList();
        Require(differences.Count == 0,
            $"{afterWhat}, {Name(expected)} differs from what was saved: {string.Join("; ", differences)}.");
    }

    public void Require([DoesNotReturnIf(false)] bool kept, string facts)
    {
        if (!kept)
        {
            throw Broken(facts);
        }
    }

    public ConformanceException Broken(string facts) => new(rule, facts);

    public static string Name(StoredConnection connection) =>
        $"account \"{Show(connection.AccountId)}\" of client \"{Show(connection.ClientId)}\"";

    private static IEnumerable<string> Differences(StoredConnection expected, StoredConnection actual)
    {
        (string Name, object? Expected, object? Actual)[] fields =
        [
            (nameof(StoredConnection.ClientId), expected.ClientId, actual.ClientId),
            (nameof(StoredConnection.AccountId), expected.AccountId, actual.AccountId),
            (nameof(StoredConnection.Version), expected.Version, actual.Version),
            (nameof(StoredConnection.Status), expected.Status, actual.Status),
            (nameof(StoredConnection.RenewAt), expected.RenewAt, actual.RenewAt),
            (nameof(StoredConnection.RecoverAt), expected.RecoverAt, actual.RecoverAt),
            (nameof(StoredConnection.State), expected.State, actual.State),
            (nameof(StoredConnection.Tokens), expected.Tokens, actual.Tokens),
        ];
        return fields
            .Where(field => !Equals(field.Expected, field.Actual))
            .Select(field => $"{field.Name} is {Show(field.Actual)}, expected {Show(field.Expected)}");
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        DateTimeOffset instant => instant.ToString("O"),
        string { Length: > 60 } text => $"{text[..40]}… ({text.Length} characters)",
        _ => value.ToString()!,
    };

    private static string Some(List<StoredConnection> connections) =>
        $"{connections.Count} connection(s), such as {string.Join(", ", connections.Take(3).Select(Name))}";
}
