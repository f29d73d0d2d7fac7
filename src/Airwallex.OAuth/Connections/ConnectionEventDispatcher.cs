using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>An observer as it was registered: made anew for each event, in the event's scope.</summary>
internal sealed record ObserverRegistration(string Name, Func<IServiceProvider, IConnectionObserver> Create);

/// <summary>
/// Tells the observers what happened: each has a bounded queue and a time limit, made when first needed. Notifying
/// neither waits nor throws. Thread-safe.
/// </summary>
internal sealed class ConnectionEventDispatcher(
    IEnumerable<ObserverRegistration> observers, IServiceScopeFactory scopes, TimeProvider time,
    ILogger<ConnectionEventDispatcher> log)
{
    private const int QueueLength = 1000;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(30);

    private readonly ObserverQueue[] _queues =
        [.. observers.Select(observer => new ObserverQueue(observer, scopes, new GuardedClock(time), log))];

    /// <summary>How many events the queues could not hold.</summary>
    public long Dropped => _queues.Sum(static queue => queue.Dropped);

    /// <returns>How many observers' queues could not hold it.</returns>
    public int Notify(ConnectionEvent connectionEvent)
    {
        var dropped = 0;
        foreach (var queue in _queues)
        {
            dropped += queue.TryAdd(connectionEvent) ? 0 : 1;
        }

        return dropped;
    }

    /// <summary>Waits until every event so far was delivered.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_queues.Select(static queue => queue.Delivery)).WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Delivery is at most once: what is left is dropped with the process.
        }
    }

    private sealed class ObserverQueue(
        ObserverRegistration observer, IServiceScopeFactory scopes, TimeProvider time, ILogger log)
    {
        private readonly BackgroundTasks _tasks = new();
        private readonly Channel<ConnectionEvent> _events = Channel.CreateBounded<ConnectionEvent>(QueueLength);
        private readonly object _lock = new();
        private TaskCompletionSource? _delivery; // Guarded by _lock.
        private long _dropped;

        public long Dropped => Interlocked.Read(ref _dropped);

        public Task Delivery
        {
            get
            {
                lock (_lock)
                {
                    return _delivery?.Task ?? Task.CompletedTask;
                }
            }
        }

        public bool TryAdd(ConnectionEvent connectionEvent)
        {
            lock (_lock)
            {
                if (!_events.Writer.TryWrite(connectionEvent))
                {
                    Interlocked.Increment(ref _dropped);
                    return false;
                }

                if (_delivery is null)
                {
                    _delivery = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    _tasks.StartUnawaited(DeliverAsync);
                }
            }

            return true;
        }

        private async Task DeliverAsync()
        {
            while (Next() is { } next)
            {
                try
                {
                    await _tasks.CallAsync(
                        stop => DeliverAsync(next, stop),
                        TimeLimit,
                        time,
                        CancellationToken.None).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    Tell(next, exception);
                }
            }
        }

        private void Tell(ConnectionEvent failed, Exception exception)
        {
            try
            {
                log.ObserverFailed(observer.Name, failed.Kind, failed.AccountId, exception);
            }
            catch (Exception)
            {
                // A log provider that throws ends here; the next event is delivered.
            }
        }

        private ConnectionEvent? Next()
        {
            lock (_lock)
            {
                if (_events.Reader.TryRead(out var next))
                {
                    return next;
                }

                _delivery!.SetResult();
                _delivery = null;
                return null;
            }
        }

        private async Task<bool> DeliverAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
        {
            var scope = scopes.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                var observing = observer.Create(scope.ServiceProvider);
                await observing.OnConnectionEventAsync(connectionEvent, cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }
}
