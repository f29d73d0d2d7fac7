namespace Airwallex.OAuth.Tests.Support;

/// <summary>An in-memory store that a test can make fail, lie or hang.</summary>
internal sealed class ScriptedStore : ITokenStore
{
    private int _calls;

    public InMemoryTokenStore Inner { get; init; } = new();

    /// <summary>Takes the place of <see cref="FindAsync"/> while set.</summary>
    public Func<ConnectionKey, ValueTask<StoredConnection?>>? Find { get; set; }

    /// <summary>Takes the place of <see cref="TrySaveAsync"/> while set.</summary>
    public Func<StoredConnection, string?, ValueTask<bool>>? TrySave { get; set; }

    public Exception? Failure { get; set; }

    /// <summary>What every call does first.</summary>
    public Action? OnCall { get; set; }

    /// <summary>While set, every call waits for it.</summary>
    public TaskCompletionSource? Hang { get; set; }

    public int Calls => _calls;

    public ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default) =>
        Call(() => Find is { } find ? find(key) : Inner.FindAsync(key, cancellationToken));

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
        Call(() => TrySave is { } trySave
            ? trySave(connection, expectedVersion)
            : Inner.TrySaveAsync(connection, expectedVersion, cancellationToken));

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
        Call(() => Inner.TryDeleteAsync(key, expectedVersion, cancellationToken));

    public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default) =>
        Call(() => Inner.ListAsync(query, cancellationToken));

    public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) =>
        Call(() => Inner.SummarizeAsync(now, cancellationToken));

    private async ValueTask<T> Call<T>(Func<ValueTask<T>> call)
    {
        Interlocked.Increment(ref _calls);
        OnCall?.Invoke();
        if (Hang is { } hang)
        {
            await hang.Task;
        }

        return Failure is not null ? throw Failure : await call();
    }
}
