using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>
/// Keeps connections in this process's memory: for tests, samples and first steps. A restart loses every connection,
/// and other instances see none of them, so a host outside Development starts only when this store was chosen in words.
/// Thread-safe.
/// </summary>
public sealed class InMemoryTokenStore : ITokenStore
{
    private readonly ConcurrentDictionary<ConnectionKey, StoredConnection> _connections = new();

    /// <inheritdoc />
    public ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_connections.GetValueOrDefault(key));
    }

    /// <inheritdoc />
    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        cancellationToken.ThrowIfCancellationRequested();
        var key = KeyOf(connection);
        return ValueTask.FromResult(expectedVersion is null
            ? _connections.TryAdd(key, connection)
            : FindVersion(key, expectedVersion) is { } stored && _connections.TryUpdate(key, connection, stored));
    }

    /// <inheritdoc />
    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(expectedVersion);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(
            FindVersion(key, expectedVersion) is { } stored && _connections
                .TryRemove(KeyValuePair.Create(key, stored)));
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<StoredConnection>>(
        [
            .. _connections.Values
                .Where(
                    connection =>
                        query.Matches(connection) && (query.After is null || Compare(connection, query.After) > 0))
                .Order(Comparer<StoredConnection>.Create(Compare))
                .Take(query.Limit),
        ]);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IReadOnlyList<ConnectionSummary>>(
            [.. _connections.Values.GroupBy(
                connection => connection.ClientId, (clientId, all) => Summarize(clientId, [.. all], now))]);
    }

    private StoredConnection? FindVersion(ConnectionKey key, string version) =>
        _connections.TryGetValue(key, out var stored) && stored.Version == version ? stored : null;

    private static ConnectionKey KeyOf(StoredConnection connection) =>
        new() { AccountId = connection.AccountId, ClientId = connection.ClientId };

    private static int Compare(StoredConnection one, StoredConnection other) =>
        string.CompareOrdinal(one.AccountId, other.AccountId) is not 0 and var byAccount
            ? byAccount
            : string.CompareOrdinal(one.ClientId, other.ClientId);

    private static ConnectionSummary Summarize(string clientId, StoredConnection[] all, DateTimeOffset now)
    {
        var active = Array.FindAll(all, connection => connection.Status == ConnectionStatus.Active);
        return new ConnectionSummary
        {
            ClientId = clientId,
            Active = active.Length,
            ReauthorizationRequired = all.LongCount(
                connection => connection.Status == ConnectionStatus.ReauthorizationRequired),
            Disconnected = all.LongCount(connection => connection.Status == ConnectionStatus.Disconnected),
            RenewalDue = active.LongCount(connection => connection.RenewAt <= now),
            RefreshPending = active.LongCount(connection => connection.RecoverAt is not null),
            OldestRenewAt = active.Length == 0 ? null : active.Min(connection => connection.RenewAt),
        };
    }
}
