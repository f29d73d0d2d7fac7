using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>
/// What a refresh takes from its surroundings: time, chance and threads. One place, so that a simulation can run many instances
/// on virtual time and one seeded scheduler.
/// </summary>
internal class RefreshRuntime(TimeProvider time)
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    public TimeProvider Time { get; } = time;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Whoever waits for a refresh goes on on a thread of its own, never on the refresh's.</summary>
    public virtual TaskCreationOptions Continuations => TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>The task that one of several waiters waits for.</summary>
    public virtual Task<T> Join<T>(Task<T> shared) => shared;

    public virtual Guid NewId() => Guid.NewGuid();

    /// <summary>A random number from 0 to 1.</summary>
    protected virtual double Chance() =>
#pragma warning disable CA5394 // Spreads load; guards nothing.
        Random.Shared.NextDouble();
#pragma warning restore CA5394

    /// <summary>Runs work that belongs to no caller: its cancellation, its logging scopes and its context stay with the caller.</summary>
    public virtual void Start(Func<Task> work)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            var running = Task.Run(work);
            _running[running] = true;
            running.ContinueWith(
                ended => _running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Waits until no such work is under way; the number of those still running when the wait was cancelled.</summary>
    public async Task<int> WhenIdleAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!_running.IsEmpty)
            {
                await Task.WhenAll(_running.Keys).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return _running.Count;
        }
    }

    public Task Delay(TimeSpan delay) => Task.Delay(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, Time);

    /// <summary>A random length between two.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + (most - least) * Chance();

    /// <summary>A length that doubles with each step up to a limit, and then varies by a quarter in either direction.</summary>
    public TimeSpan Backoff(TimeSpan first, int step, TimeSpan most)
    {
        var length = first * Math.Pow(2, Math.Min(step, 30));
        return (length < most ? length : most) * (0.75 + 0.5 * Chance());
    }
}
