namespace Airwallex.OAuth.AspNetCore;

/// <summary>Remembers the ids added last, up to a capacity. Thread-safe.</summary>
/// <param name="capacity">How many; one more makes it forget the oldest.</param>
internal sealed class RecentIds(int capacity)
{
    // Both guarded by _ids.
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = new();

    /// <returns>False when it is known already.</returns>
    public bool TryAdd(string id)
    {
        lock (_ids)
        {
            if (!_ids.Add(id))
            {
                return false;
            }

            _oldestFirst.Enqueue(id);
            if (_oldestFirst.Count > capacity)
            {
                _ids.Remove(_oldestFirst.Dequeue());
            }

            return true;
        }
    }

    public bool Contains(string id)
    {
        lock (_ids)
        {
            return _ids.Contains(id);
        }
    }
}
