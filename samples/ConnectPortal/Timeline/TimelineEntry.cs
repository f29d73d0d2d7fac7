namespace ConnectPortal.Timeline;

/// <summary>One line of the timeline.</summary>
public sealed record TimelineEntry(long Sequence, DateTimeOffset At, TimelineKind Kind, string? AccountId, string Text);
