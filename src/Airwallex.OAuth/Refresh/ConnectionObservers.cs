using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>Tells the observers what happened, one event at a time and in order, without holding up whoever caused it.</summary>
internal sealed class ConnectionObservers(
    IEnumerable<IConnectionObserver> observers, RefreshRuntime runtime, ILogger<ConnectionObservers> logger) : IDisposable
{
    private readonly IConnectionObserver[] _observers = [.. observers];
    private readonly CancellationTokenSource _stopping = new();
    private readonly object _lock = new();
    private readonly Queue<ConnectionEvent> _events = new(); // Guarded by _lock, like _delivery.
    private Task _delivery = Task.CompletedTask;
    private bool _isDelivering;

    public void Notify(ConnectionEventKind kind, string accountId, string? reason = null, Exception? exception = null)
    {
        if (_observers.Length == 0)
        {
            return;
        }

        lock (_lock)
        {
            _events.Enqueue(new ConnectionEvent(kind, accountId, runtime.Now) { Reason = reason, Exception = exception });
            if (!_isDelivering)
            {
                _isDelivering = true;
                var delivered = new TaskCompletionSource(runtime.Continuations);
                _delivery = delivered.Task;
                runtime.Start(() => DeliverAsync(delivered));
            }
        }
    }

    /// <summary>Waits until every event so far was delivered; on cancellation, asks the observers to give up.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        Task delivery;
        lock (_lock)
        {
            delivery = _delivery;
        }

        try
        {
            await delivery.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
    }

    public void Dispose() => _stopping.Dispose();

    private async Task DeliverAsync(TaskCompletionSource delivered)
    {
        while (Next() is { } next)
        {
            foreach (var observer in _observers)
            {
                try
                {
                    await observer.OnConnectionEventAsync(next, _stopping.Token).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    logger.ObserverFailed(next.Kind, next.AccountId, exception);
                }
            }
        }

        delivered.SetResult();
    }

    private ConnectionEvent? Next()
    {
        lock (_lock)
        {
            _isDelivering = _events.TryDequeue(out var next);
            return next;
        }
    }
}
