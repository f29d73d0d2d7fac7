namespace Airwallex.OAuth;

/// <summary>
/// Keeps a log readable while one thing fails a thousand times: the first failure of a kind is written at once, those
/// that follow once a minute with their count. After a minute without one, the next is a first again. Thread-safe.
/// </summary>
/// <param name="time">Measures the minute.</param>
internal sealed class RepeatedFailureLog(TimeProvider time) : IDisposable
{
    private const int MostKinds = 100;

    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Repetitions> _kinds = []; // Also the lock that guards it.
    private bool _isDisposed;

    /// <summary>Tells of a failure.</summary>
    /// <param name="kind">
    /// Which failures are alike. From a small set, since each kind is remembered for a minute.
    /// </param>
    /// <param name="write">
    /// Writes the line, given how many failures it tells of. Called with 1 at once, or later for all since the last
    /// line; the last one that was given is called.
    /// </param>
    public void Report(string kind, Action<int> write)
    {
        lock (_kinds)
        {
            kind = _kinds.Count < MostKinds || _kinds.ContainsKey(kind) ? kind : "";
            if (_kinds.TryGetValue(kind, out var repetitions))
            {
                repetitions.Add(write);
                return;
            }

            if (!_isDisposed)
            {
                _kinds[kind] = new Repetitions(StartTimer(kind));
            }
        }

        write(1);
    }

    /// <summary>Writes the counts that are left, so that none is lost.</summary>
    public void Dispose()
    {
        List<Repetitions> left;
        lock (_kinds)
        {
            _isDisposed = true;
            left = [.. _kinds.Values];
            _kinds.Clear();
        }

        foreach (var repetitions in left)
        {
            repetitions.Timer.Dispose();
            repetitions.Take()?.Invoke();
        }
    }

    // The timer outlives the caller: nothing of the caller's context is kept with it.
    private ITimer StartTimer(string kind)
    {
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            return time.CreateTimer(_ => EndInterval(kind), null, s_interval, s_interval);
        }
    }

    private void EndInterval(string kind)
    {
        Action? write;
        lock (_kinds)
        {
            if (!_kinds.TryGetValue(kind, out var repetitions))
            {
                return;
            }

            write = repetitions.Take();
            if (write is null)
            {
                _kinds.Remove(kind);
                repetitions.Timer.Dispose();
            }
        }

        write?.Invoke();
    }

    private sealed class Repetitions(ITimer timer)
    {
        private Action<int>? _write;
        private int _count;

        public ITimer Timer { get; } = timer;

        public void Add(Action<int> write) => (_write, _count) = (write, _count + 1);

        public Action? Take()
        {
            var (write, count) = (_write, _count);
            (_write, _count) = (null, 0);
            return write is null ? null : () => write(count);
        }
    }
}
