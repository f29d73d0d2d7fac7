using System.Collections.Concurrent;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Keeps a log readable: of each kind of line, the first, then one a minute with the count of those left out.
/// Thread-safe.
/// </summary>
internal sealed class LogThrottle(TimeProvider time)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <param name="kind">One of a few constants; each is kept for good.</param>
    /// <param name="suppressed">How many were left out since the last one that was logged.</param>
    public bool ShouldLog(string kind, out long suppressed)
    {
        var line = _lines.GetOrAdd(kind, static _ => new Line());
        lock (line)
        {
            suppressed = line.Suppressed;
            if (line.LoggedAt is { } loggedAt && time.GetElapsedTime(loggedAt) < s_interval)
            {
                line.Suppressed++;
                return false;
            }

            (line.LoggedAt, line.Suppressed) = (time.GetTimestamp(), 0);
            return true;
        }
    }

    // Guarded by itself.
    private sealed class Line
    {
        public long? LoggedAt { get; set; }

        public long Suppressed { get; set; }
    }
}
