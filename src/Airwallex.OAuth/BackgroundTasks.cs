using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>
/// Work that belongs to no caller, and calls to what may hang or throw. The simulation replaces it. Thread-safe.
/// </summary>
internal class BackgroundTasks
{
    private readonly ConcurrentDictionary<Task, bool> _running = new();

    /// <summary>
    /// A caller that waits for an operation continues on a thread of its own, never on the operation's.
    /// </summary>
    public virtual TaskCreationOptions Continuations => TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>
    /// Runs work that belongs to no caller: its cancellation, logging scopes and context stay with the caller.
    /// </summary>
    public virtual void Start(Func<Task> work)
    {
        var running = RunWithoutContext(work);
        _running[running] = true;
        running.ContinueWith(
            ended => _running.TryRemove(ended, out _),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The same for work that nobody needs to wait for when the program ends.</summary>
    public virtual void StartUnawaited(Func<Task> work) => RunWithoutContext(work);

    /// <summary>Calls other people's code on a thread of its own, so that code that blocks holds up nobody.</summary>
    public virtual Task<T> CallAsync<T>(Func<Task<T>> call) => Task.Run(call);

    /// <summary>
    /// Calls other people's code and waits for it until a limit, or until canceled, whether or not the code listens.
    /// What it returns or throws later is dropped.
    /// </summary>
    /// <exception cref="TimeoutException">The limit was reached.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public async Task<T> CallAsync<T>(
        Func<CancellationToken, Task<T>> call, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stop = new CancellationTokenSource();
        var over = new TaskCompletionSource<bool>(Continuations);
        using var timer = time.CreateTimer(_ => over.TrySetResult(true), null, limit, Timeout.InfiniteTimeSpan);
        using var registration = cancellationToken.UnsafeRegister(_ => over.TrySetResult(false), null);
        var called = CallAsync(() => call(stop.Token));
        await Task.WhenAny(called, over.Task).ConfigureAwait(false);
        if (called.IsCompleted)
        {
            return await called.ConfigureAwait(false);
        }

        Forget(called);
        Cancel(stop);
        throw over.Task.Result
            ? new TimeoutException(
                FormattableString.Invariant($"It did not return within {limit.TotalSeconds:0.###} s."))
            : new OperationCanceledException(cancellationToken);
    }

    /// <summary>Waits for a task that others wait for, too.</summary>
    /// <exception cref="TimeoutException">The limit was reached.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public virtual Task<T> WaitAsync<T>(
        Task<T> shared, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken) =>
        shared.WaitAsync(
            limit >= TimeSpan.Zero || limit == Timeout.InfiniteTimeSpan ? limit : TimeSpan.Zero,
            time,
            cancellationToken);

    /// <summary>A task that ends with another, for a second waiter.</summary>
    public virtual Task Join(Task shared) => shared;

    /// <summary>Cancels on a thread of its own: what others registered may throw or hang.</summary>
    public void Cancel(CancellationTokenSource source) => Forget(CallAsync(() =>
    {
        source.Cancel();
        return Task.FromResult(true);
    }));

    /// <summary>Leaves a task alone; its failure is nobody's any more.</summary>
    public static void Forget(Task task) => task.ContinueWith(
        static ended => ended.Exception,
        CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

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
