namespace Airwallex.OAuth.Tests.Flows;

/// <summary>An in-memory store that a test can make fail, lie or stall.</summary>
internal sealed class ScriptedStore : ITokenStore
{
    public InMemoryTokenStore Inner { get; init; } = new();

    /// <summary>Takes the place of <see cref="FindAsync"/> while set.</summary>
    public Func<string, ValueTask<AirwallexConnection?>>? Find { get; set; }

    /// <summary>Takes the place of <see cref="TrySaveAsync"/> while set.</summary>
    public Func<AirwallexConnection, ValueTask<bool>>? TrySave { get; set; }

    public Exception? Failure { get; set; }

    public int Calls { get; private set; }

    public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        Calls++;
        return Failure is not null ? throw Failure
            : Find is { } find ? find(accountId)
            : Inner.FindAsync(accountId, cancellationToken);
    }

    public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        Calls++;
        return Failure is not null ? throw Failure
            : TrySave is { } trySave ? trySave(connection)
            : Inner.TrySaveAsync(connection, cancellationToken);
    }

    public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default) =>
        Failure is not null ? throw Failure : Inner.DeleteAsync(accountId, cancellationToken);

    public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, CancellationToken cancellationToken = default) =>
        Failure is not null ? throw Failure : Inner.ListAsync(filter, cancellationToken);
}
