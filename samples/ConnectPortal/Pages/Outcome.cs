using ConnectPortal.Timeline;

namespace ConnectPortal.Pages;

/// <summary>What came of the button that was pressed last, shown where it is.</summary>
/// <param name="Action">The button.</param>
/// <param name="Entries">What happened since, oldest first.</param>
public sealed record Outcome(string Action, IReadOnlyList<TimelineEntry> Entries)
{
    private const int Shown = 4;

    public static Outcome? Find(string? action, long since, TimelineLog log, string? accountId)
    {
        ArgumentNullException.ThrowIfNull(log);
        return string.IsNullOrEmpty(action)
            ? null
            : new(action, [.. log.Entries
                .Where(entry => entry.Sequence > since && TimelineView.IsAbout(entry, accountId))
                .Take(Shown)
                .Reverse()]);
    }
}
