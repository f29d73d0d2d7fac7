namespace ConnectPortal.Timeline;

/// <summary>One line of the timeline.</summary>
/// <param name="Sequence">Counts the lines, from 1.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="AccountId">Whom it is about; null for everybody.</param>
/// <param name="Text">What happened, in people's words.</param>
/// <param name="Details">The same in the words of the protocol; null when there is nothing to add.</param>
public sealed record TimelineEntry(
    long Sequence, DateTimeOffset At, TimelineKind Kind, string? AccountId, string Text, string? Details);
