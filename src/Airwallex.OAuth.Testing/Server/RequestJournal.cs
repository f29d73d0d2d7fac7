namespace Airwallex.OAuth.Testing;

/// <summary>The last requests, as many as the capacity says. Thread-safe.</summary>
internal sealed class RequestJournal(int capacity)
{
    // Guards itself.
    private readonly Queue<JournalEntry> _entries = [];
    private long _sequence;

    public long NextSequence() => Interlocked.Increment(ref _sequence);

    public void Add(JournalEntry entry)
    {
        lock (_entries)
        {
            if (_entries.Count == capacity)
            {
                _entries.Dequeue();
            }
            _entries.Enqueue(entry);
        }
    }

    /// <summary>
    /// A copy in order of arrival; entries are added when their requests end, which may be another order.
    /// </summary>
    public IReadOnlyList<JournalEntry> Snapshot()
    {
        lock (_entries)
        {
            return [.. _entries.OrderBy(entry => entry.Sequence)];
        }
    }

    /// <summary>Enough of a token to tell it from others, too little to use it.</summary>
    public static string? Fingerprint(string? token) => token switch
    {
        null => null,
        { Length: > 12 } => "…" + token[^4..],
        _ => "…",
    };
}
