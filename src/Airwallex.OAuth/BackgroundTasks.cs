using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>Work that belongs to no caller, and calls to what may hang or throw. The simulation replaces it. Thread-safe.</summary>
internal class BackgroundTasks
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>A caller that waits for an operation continues on a thread of its own, never on the operation's.</summary>
    public virtual TaskCreationOptions Continuations => TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Runs work that belongs to no caller: its cancellation, logging scopes and context stay with the caller.</summary>
    public virtual void Start(Func<Task> work)
    {
        var running = RunWithoutContext(work);
        _running[running] = true;
        running.ContinueWith(
            ended => _running.TryRemove(ended, out _),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Calls other people's code on a thread of its own, so that code that blocks holds up nobody.</summary>
    public virtual Task<T> Call<T>(Func<Task<T>> call) => Task.Run(call);

    /// <summary>Waits until no work is under way.</summary>
    /// <returns>How many were still running when the wait was canceled.</returns>
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

    private static Task RunWithoutContext(Func<Task> work)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            return Task.Run(work);
        }
    }
}
