using System.Diagnostics.CodeAnalysis;

namespace Airwallex.OAuth.Testing;

/// <summary>One rule being checked against one store: made-up connections, and comparisons that throw.</summary>
internal sealed class ConformanceRun(string rule, ITokenStore store, ITokenStore secondInstance)
{
    public static readonly DateTimeOffset Noon = new(2031, 5, 6, 12, 0, 0, TimeSpan.Zero);

    // Instants come back exact to the microsecond: the finest that the widespread engines have in common.
    private static readonly TimeSpan Precision = TimeSpan.FromTicks(TimeSpan.TicksPerMicrosecond - 1);

    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private int _accounts;

    public ITokenStore Store { get; } = store;

    /// <summary>The same data as another instance of the application sees it.</summary>
    public ITokenStore SecondInstance { get; } = secondInstance;

    /// <summary>The two instances by turns.</summary>
    public ITokenStore Instance(int number) => number % 2 == 0 ? Store : SecondInstance;

    public string NewAccountId() => $"acct_{_run}_{Interlocked.Increment(ref _accounts)}";

    public bool IsOwn(AirwallexConnection connection) => connection.AccountId.StartsWith($"acct_{_run}_", StringComparison.Ordinal);

    public AirwallexConnection NewConnection(string? accountId = null)
    {
        accountId ??= NewAccountId();
        return new AirwallexConnection
        {
            AccountId = accountId,
            Tokens = NewTokens(accountId),
            ConnectedAt = Noon.AddDays(-30),
            RenewAt = Noon.AddDays(60),
        };
    }

    public static TokenSet NewTokens(string accountId) => new()
    {
        AccountId = accountId,
        AccessToken = "access." + Guid.NewGuid().ToString("N"),
        AccessTokenExpiresAt = Noon.AddMinutes(5),
        RefreshToken = "refresh-" + Guid.NewGuid().ToString("N"),
        RefreshTokenExpiresAt = Noon.AddDays(90),
        Scopes = ["r:awx_action:balances_view", "balance:read"],
        IssuedAt = Noon,
    };

    public static RefreshAttempt NewAttempt(DateTimeOffset leaseExpiresAt) => new()
    {
        AttemptId = Guid.NewGuid(),
        FirstSentAt = leaseExpiresAt.AddSeconds(-20),
        LeaseExpiresAt = leaseExpiresAt,
    };

    /// <summary>Saves a connection that is not stored yet, or as it was read, and gives it as it is stored now.</summary>
    public async Task<AirwallexConnection> SaveAsync(AirwallexConnection connection)
    {
        Require(await Store.TrySaveAsync(connection).ConfigureAwait(false),
            $"TrySaveAsync of version {connection.Version} gave false, although that is the version stored. Account: {connection.AccountId}.");
        return connection with { Version = connection.Version + 1 };
    }

    public async Task SaveAllAsync(IReadOnlyCollection<AirwallexConnection> connections) =>
        await Parallel.ForEachAsync(connections, new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (connection, _) => await SaveAsync(connection).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>The connection as the second instance reads it; it must be there.</summary>
    public async Task<AirwallexConnection> ReadAsync(string accountId)
    {
        var found = await SecondInstance.FindAsync(accountId).ConfigureAwait(false);
        Require(found is not null, $"FindAsync gave null for account {accountId}, which was saved.");
        return found;
    }

    public async Task RequireStoredAsync(AirwallexConnection expected, string afterWhat) =>
        RequireSame(expected, await ReadAsync(expected.AccountId).ConfigureAwait(false), afterWhat);

    public async Task RequireGoneAsync(string accountId, string afterWhat) =>
        Require(await SecondInstance.FindAsync(accountId).ConfigureAwait(false) is null, $"{afterWhat}, account {accountId} is stored.");

    public async Task<List<AirwallexConnection>> ListOwnAsync(ConnectionFilter filter)
    {
        var listed = new List<AirwallexConnection>();
        await foreach (var connection in SecondInstance.ListAsync(filter).ConfigureAwait(false))
        {
            if (IsOwn(connection))
            {
                listed.Add(connection);
            }
        }

        return listed;
    }

    /// <summary>Each account expected is listed, none twice, none else.</summary>
    public void RequireAccounts(IEnumerable<string> expected, IEnumerable<string> listed, string what)
    {
        expected = expected.ToHashSet(StringComparer.Ordinal);
        var counts = listed.GroupBy(accountId => accountId, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var missing = expected.Where(accountId => !counts.ContainsKey(accountId)).ToList();
        var twice = counts.Where(count => count.Value > 1).Select(count => count.Key).ToList();
        var extra = counts.Keys.Except(expected, StringComparer.Ordinal).ToList();
        Require(missing.Count == 0, $"{what} missed {Some(missing)}.");
        Require(twice.Count == 0, $"{what} gave more than once {Some(twice)}.");
        Require(extra.Count == 0, $"{what} gave {Some(extra)}, which does not match.");
    }

    public void RequireSame(AirwallexConnection expected, AirwallexConnection actual, string afterWhat)
    {
        var differences = Differences(expected, actual).ToList();
        Require(differences.Count == 0, $"{afterWhat}, account {expected.AccountId} differs from what was saved: {string.Join("; ", differences)}.");
    }

    public void Require([DoesNotReturnIf(false)] bool kept, string facts)
    {
        if (!kept)
        {
            throw Broken(facts);
        }
    }

    public ConformanceException Broken(string facts) => new(rule, facts);

    private static IEnumerable<string> Differences(AirwallexConnection expected, AirwallexConnection actual)
    {
        (string Name, object? Expected, object? Actual)[] fields =
        [
            ("AccountId", expected.AccountId, actual.AccountId),
            ("Version", expected.Version, actual.Version),
            ("Status", expected.Status, actual.Status),
            ("StatusReason", expected.StatusReason, actual.StatusReason),
            ("ConnectedAt", expected.ConnectedAt, actual.ConnectedAt),
            ("RenewAt", expected.RenewAt, actual.RenewAt),
            ("Tokens.AccountId", expected.Tokens.AccountId, actual.Tokens.AccountId),
            ("Tokens.AccessToken", expected.Tokens.AccessToken, actual.Tokens.AccessToken),
            ("Tokens.AccessTokenExpiresAt", expected.Tokens.AccessTokenExpiresAt, actual.Tokens.AccessTokenExpiresAt),
            ("Tokens.RefreshToken", expected.Tokens.RefreshToken, actual.Tokens.RefreshToken),
            ("Tokens.RefreshTokenExpiresAt", expected.Tokens.RefreshTokenExpiresAt, actual.Tokens.RefreshTokenExpiresAt),
            ("Tokens.IssuedAt", expected.Tokens.IssuedAt, actual.Tokens.IssuedAt),
            ("Tokens.Scopes", string.Join(' ', expected.Tokens.Scopes), string.Join(' ', actual.Tokens.Scopes)),
            ("Tokens.Scopes.Count", expected.Tokens.Scopes.Count, actual.Tokens.Scopes.Count),
            ("PendingRefresh", expected.PendingRefresh is null ? "null" : "set", actual.PendingRefresh is null ? "null" : "set"),
            ("PendingRefresh.AttemptId", expected.PendingRefresh?.AttemptId, actual.PendingRefresh?.AttemptId),
            ("PendingRefresh.FirstSentAt", expected.PendingRefresh?.FirstSentAt, actual.PendingRefresh?.FirstSentAt),
            ("PendingRefresh.LeaseExpiresAt", expected.PendingRefresh?.LeaseExpiresAt, actual.PendingRefresh?.LeaseExpiresAt),
            ("PendingRefresh.AnsweredStatus", expected.PendingRefresh?.AnsweredStatus, actual.PendingRefresh?.AnsweredStatus),
        ];
        return fields
            .Where(field => !AreSame(field.Expected, field.Actual))
            .Select(field => $"{field.Name} is {Show(field.Actual)}, expected {Show(field.Expected)}");
    }

    // Instants are compared as such: an offset need not come back.
    private static bool AreSame(object? expected, object? actual) =>
        expected is DateTimeOffset e && actual is DateTimeOffset a ? (e - a).Duration() <= Precision : Equals(expected, actual);

    private static string Show(object? value) => value switch
    {
        null => "null",
        DateTimeOffset instant => instant.ToString("O"),
        string { Length: > 60 } text => $"{text[..40]}… ({text.Length} characters)",
        _ => value.ToString()!,
    };

    private static string Some(List<string> accountIds) =>
        $"{accountIds.Count} account(s), such as {string.Join(", ", accountIds.Take(3))}";
}
