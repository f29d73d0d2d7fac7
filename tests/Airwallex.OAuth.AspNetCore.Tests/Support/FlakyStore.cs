namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>A store that can be told to be down or to hang, and that counts what is written.</summary>
internal sealed class FlakyStore : ITokenStore
{
    private readonly InMemoryTokenStore _inner = new();
    private int _writes;

    public bool IsDown { get; set; }

    /// <summary>Set: every call waits for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Writes => _writes;

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default)
    {
        await UpAsync();
        return await _inner.FindAsync(key, cancellationToken);
    }

    public async ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        await UpAsync();
        Interlocked.Increment(ref _writes);
        return await _inner.TrySaveAsync(connection, expectedVersion, cancellationToken);
    }

    public async ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default)
    {
        await UpAsync();
        return await _inner.TryDeleteAsync(key, expectedVersion, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        await UpAsync();
        return await _inner.ListAsync(query, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        await UpAsync();
        return await _inner.SummarizeAsync(now, cancellationToken);
    }

    private async Task UpAsync()
    {
        await Gate;
        if (IsDown)
        {
            throw new IOException("The database is down.");
        }
    }
}
