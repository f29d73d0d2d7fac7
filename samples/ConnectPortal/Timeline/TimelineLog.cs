using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Airwallex.OAuth;

namespace ConnectPortal.Timeline;

/// <summary>
/// What happened to connections, newest first, in memory: an observer of the library that writes down what it is told,
/// and tells open pages that there is something new. Thread-safe.
/// </summary>
public sealed class TimelineLog(TimeProvider time) : IConnectionObserver
{
    private const int Kept = 200;

    // Guards the two below.
    private readonly Lock _gate = new();
    private ImmutableList<TimelineEntry> _entries = [];
    private TaskCompletionSource _changed = NewSignal();

    public ImmutableList<TimelineEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return _entries;
            }
        }
    }

    /// <summary>Counts the lines ever written.</summary>
    public long Sequence => Entries is [var newest, ..] ? newest.Sequence : 0;

    public void Add(TimelineKind kind, string? accountId, string text, string? details = null)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            var sequence = (_entries is [var newest, ..] ? newest.Sequence : 0) + 1;
            _entries = _entries.Insert(
                0, new TimelineEntry(sequence, time.GetUtcNow(), kind, accountId, text, details));
            if (_entries.Count > Kept)
            {
                _entries = _entries.RemoveAt(Kept);
            }

            (changed, _changed) = (_changed, NewSignal());
        }

        changed.SetResult();
    }

    public ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connectionEvent);

        var (kind, text, details) = ConnectionEventWords.Of(connectionEvent);
        Add(kind, connectionEvent.AccountId, text, details);
        return ValueTask.CompletedTask;
    }

    /// <summary>The number of lines now, and again after every change.</summary>
    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            long sequence;
            lock (_gate)
            {
                (changed, sequence) = (_changed.Task, Sequence);
            }

            yield return sequence;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
