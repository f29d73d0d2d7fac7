using System.Diagnostics.CodeAnalysis;

namespace Airwallex.OAuth;

/// <summary>
/// Calls what may hang or throw (log providers, meter and activity listeners) one call after another on the thread
/// pool, so that a listener holds up nothing but this queue. Full, it drops what comes and counts it. Thread-safe.
/// </summary>
/// <remarks>It has no thread while it is empty. Calls run without the execution context of the caller.</remarks>
/// <param name="capacity">How many calls may wait.</param>
/// <param name="dropped">Counts a call that was dropped. Neither waits nor throws.</param>
internal sealed class DiagnosticsQueue(int capacity, Action dropped) : IThreadPoolWorkItem
{
    private readonly Queue<Action> _calls = new(); // Also the lock that guards both.
    private bool _isRunning;

    /// <summary>Puts a call at the end. Neither waits nor throws.</summary>
    public void Add(Action call)
    {
        lock (_calls)
        {
            if (_calls.Count < capacity)
            {
                Append(call);
                return;
            }
        }

        dropped();
    }

    /// <summary>Waits until everything that was added before has been called.</summary>
    /// <param name="timeout">
    /// The longest wait, in real time: a process that ends does not wait for a clock that somebody holds still.
    /// </param>
    /// <returns>False when a call hangs or takes too long.</returns>
    public async Task<bool> FlushAsync(TimeSpan timeout)
    {
        var flushed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_calls)
        {
            if (!_isRunning)
            {
                return true;
            }

            Append(flushed.SetResult);
        }

        try
        {
            await flushed.Task.WaitAsync(timeout, TimeProvider.System).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryTake(out var call))
        {
            try
            {
                call();
            }
#pragma warning disable CA1031 // Nothing is left to report it to: reporting is what failed.
            catch (Exception)
#pragma warning restore CA1031
            {
            }
        }
    }

    private void Append(Action call)
    {
        _calls.Enqueue(call);
        if (!_isRunning)
        {
            _isRunning = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryTake([NotNullWhen(true)] out Action? call)
    {
        lock (_calls)
        {
            return _isRunning = _calls.TryDequeue(out call);
        }
    }
}
