using ConnectPortal.Timeline;

namespace ConnectPortal.Pages;

/// <summary>The newest lines of the timeline: of one account, or of all.</summary>
public sealed record TimelineView(TimelineLog Log, string? AccountId, IReadOnlyDictionary<string, string> Names)
{
    public IReadOnlyList<TimelineEntry> Entries { get; } =
        [.. Log.Entries.Where(entry => IsAbout(entry, AccountId)).Take(12)];

    /// <summary>An outage or the passing of time is about every account.</summary>
    public static bool IsAbout(TimelineEntry entry, string? accountId)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return accountId is null
            || entry.AccountId == accountId
            || entry is { AccountId: null, Kind: TimelineKind.Asked };
    }
}
