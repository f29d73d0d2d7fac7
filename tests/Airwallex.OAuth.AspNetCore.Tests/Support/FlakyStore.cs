using System.Runtime.CompilerServices;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>A store that can be told to be down, and that counts what is read of it.</summary>
internal sealed class FlakyStore : ITokenStore
{
    private readonly InMemoryTokenStore _inner = new();

    public bool IsDown { get; set; }

    /// <summary>How many connections were created.</summary>
    public int Count { get; private set; }

    /// <summary>How many connections listings have handed out.</summary>
    public int Listed { get; private set; }

    public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default) =>
        Up()._inner.FindAsync(accountId, cancellationToken);

    public async ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        var saved = await Up()._inner.TrySaveAsync(connection, cancellationToken);
        Count += saved && connection.Version == 0 ? 1 : 0;
        return saved;
    }

    public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default) =>
        Up()._inner.DeleteAsync(accountId, cancellationToken);

    public async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var connection in Up()._inner.ListAsync(filter, cancellationToken))
        {
            Listed++;
            yield return connection;
        }
    }

    private FlakyStore Up() => IsDown ? throw new IOException("The database is down.") : this;
}
