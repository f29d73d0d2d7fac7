namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>The one database of all instances, and what was ever in it.</summary>
internal sealed class SharedDatabase(ConnectionSerializer serializer)
{
    private readonly SortedDictionary<string, Row> _rows = new(StringComparer.Ordinal);

    public bool IsDown { get; set; }

    /// <summary>Whether calls hang while it is down; else they throw.</summary>
    public bool HangsWhenDown { get; set; }

    /// <summary>Every access token that was ever saved.</summary>
    public HashSet<string> SavedAccessTokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Every refresh token that was ever saved.</summary>
    public HashSet<string> SavedRefreshTokens { get; } = new(StringComparer.Ordinal);

    public IEnumerable<Row> Rows => _rows.Values;

    public ConnectionState Read(StoredConnection stored) => serializer.Read(stored);

    public StoredConnection Write(ConnectionState state) => serializer.Write(state);

    public bool AnyDue(string clientId, DateTimeOffset now, bool recovery)
    {
        foreach (var (_, row) in _rows)
        {
            if (row.Stored.ClientId == clientId && (recovery ? row.Stored.RecoverAt <= now : row.Stored.RenewAt <= now))
            {
                return true;
            }
        }

        return false;
    }

    public Row? Find(string clientId, string accountId) => _rows.GetValueOrDefault(Key(accountId, clientId));

    /// <summary>What was there before; null, and nothing written, when another version is stored.</summary>
    public (Row? Before, Row After)? TrySave(
        StoredConnection stored, string? expectedVersion, bool overwrite, TimeSpan now)
    {
        var before = Find(stored.ClientId, stored.AccountId);
        if (before?.Stored.Version != expectedVersion && !overwrite)
        {
            return null;
        }

        var after = new Row(stored, serializer.Read(stored), now);
        _rows[Key(stored.AccountId, stored.ClientId)] = after;
        SavedAccessTokens.Add(after.State.Tokens.AccessToken);
        SavedRefreshTokens.Add(after.State.Tokens.RefreshToken);
        return (before, after);
    }

    public Row? TryDelete(ConnectionKey key, string expectedVersion, bool always)
    {
        var row = Find(key.ClientId, key.AccountId);
        return row is not null && (always || row.Stored.Version == expectedVersion)
            && _rows.Remove(Key(key.AccountId, key.ClientId)) ? row : null;
    }

    public IReadOnlyList<StoredConnection> List(ConnectionQuery query) =>
    [
        .. _rows.Values.Select(row => row.Stored)
            .Where(row => (query.ClientId is null || row.ClientId == query.ClientId)
                && (query.AccountId is null || row.AccountId == query.AccountId)
                && (query.Status is null || row.Status == query.Status)
                && (query.RenewalDueAt is null || row.RenewAt <= query.RenewalDueAt)
                && (query.RecoveryDueAt is null || row.RecoverAt <= query.RecoveryDueAt)
                && (query.After is null || Compare(row, query.After) > 0))
            .Take(query.Limit),
    ];

    private static int Compare(StoredConnection one, StoredConnection other) =>
        string.CompareOrdinal(Key(one.AccountId, one.ClientId), Key(other.AccountId, other.ClientId));

    private static string Key(string accountId, string clientId) => $"{accountId} {clientId}";

    /// <param name="Stored">As it is stored.</param>
    /// <param name="State">The same, decrypted.</param>
    /// <param name="WrittenAt">When.</param>
    internal sealed record Row(StoredConnection Stored, ConnectionState State, TimeSpan WrittenAt)
    {
        public string RefreshToken => State.Tokens.RefreshToken;

        public bool IsActive => State.IsActive;
    }
}
