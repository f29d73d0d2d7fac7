namespace Airwallex.OAuth.Testing.Tests.Conformance;

/// <summary>The store in memory with one method replaced.</summary>
internal sealed class FlawedStore : ITokenStore
{
    private readonly InMemoryTokenStore _inner = new();

    public Func<ITokenStore, ConnectionKey, ValueTask<StoredConnection?>> Find { get; init; } =
        (inner, key) => inner.FindAsync(key);

    public Func<ITokenStore, StoredConnection, string?, ValueTask<bool>> Save { get; init; } =
        (inner, connection, expected) => inner.TrySaveAsync(connection, expected);

    public Func<ITokenStore, ConnectionKey, string, ValueTask<bool>> Delete { get; init; } =
        (inner, key, expected) => inner.TryDeleteAsync(key, expected);

    public Func<ITokenStore, ConnectionQuery, ValueTask<IReadOnlyList<StoredConnection>>> List { get; init; } =
        (inner, query) => inner.ListAsync(query);

    public Func<ITokenStore, DateTimeOffset, ValueTask<IReadOnlyList<ConnectionSummary>>> Summarize { get; init; } =
        (inner, now) => inner.SummarizeAsync(now);

    public bool IgnoresCancellation { get; init; }

    public ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default)
    {
        Observe(cancellationToken);
        return Find(_inner, key);
    }

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        Observe(cancellationToken);
        return Save(_inner, connection, expectedVersion);
    }

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default)
    {
        Observe(cancellationToken);
        return Delete(_inner, key, expectedVersion);
    }

    public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        Observe(cancellationToken);
        return List(_inner, query);
    }

    public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        Observe(cancellationToken);
        return Summarize(_inner, now);
    }

    private void Observe(CancellationToken cancellationToken)
    {
        if (!IgnoresCancellation)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
