using System.Collections.Concurrent;

namespace Airwallex.OAuth.Tests.Support;

internal sealed class RecordingObserver : IConnectionObserver
{
    private readonly ConcurrentQueue<ConnectionEvent> _events = new();

    public IReadOnlyList<ConnectionEvent> All => [.. _events];

    public IEnumerable<ConnectionEventKind> Kinds => _events.Select(e => e.Kind);

    public ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
    {
        _events.Enqueue(connectionEvent);
        return ValueTask.CompletedTask;
    }
}
