namespace ConnectPortal.Timeline;

/// <summary>What a line of the timeline is about; chooses its colour and sign.</summary>
public enum TimelineKind
{
    Good,
    Saved,
    Failed,
    Lost,
    Trouble,
}
