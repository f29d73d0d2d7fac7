using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Airwallex.OAuth;

/// <summary>
/// Keeps connections in this process's memory: for tests, samples and first steps. A restart loses every connection, and other
/// instances see none of them; the log warns when it is used in the Production hosting environment. Thread-safe.
/// </summary>
public sealed class InMemoryTokenStore : ITokenStore
{
    private readonly ConcurrentDictionary<string, AirwallexConnection> _connections = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_connections.GetValueOrDefault(accountId));
    }

    /// <inheritdoc />
    public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        cancellationToken.ThrowIfCancellationRequested();

        var next = connection with { Version = connection.Version + 1 };
        var written = connection.Version == 0
            ? _connections.TryAdd(connection.AccountId, next)
            : _connections.TryGetValue(connection.AccountId, out var stored)
                && stored.Version == connection.Version
                && TryReplace(stored, next);
        return ValueTask.FromResult(written);
    }

    /// <inheritdoc />
    public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);
        cancellationToken.ThrowIfCancellationRequested();
        _connections.TryRemove(accountId, out _);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        await Task.CompletedTask.ConfigureAwait(false);
        foreach (var (_, connection) in _connections)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (filter.Matches(connection))
            {
                yield return connection;
            }
        }
    }

    // The dictionary compares by value: records that are equal in all but the identity of their scopes are the same version.
    private bool TryReplace(AirwallexConnection stored, AirwallexConnection next) =>
        _connections.TryUpdate(next.AccountId, next, stored);
}
