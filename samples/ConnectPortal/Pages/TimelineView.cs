using ConnectPortal.Timeline;

namespace ConnectPortal.Pages;

/// <summary>The newest lines of the timeline: of one account, or of all.</summary>
public sealed record TimelineView(TimelineLog Log, string? AccountId)
{
    public IReadOnlyList<TimelineEntry> Entries { get; } =
        [.. Log.Entries.Where(entry => AccountId is null || entry.AccountId is null || entry.AccountId == AccountId).Take(12)];
}
