namespace ConnectPortal.Timeline;

/// <summary>What a line of the timeline is about; chooses its colour and sign.</summary>
public enum TimelineKind
{
    /// <summary>Something worked.</summary>
    Good,

    /// <summary>Something was in danger and is recovered.</summary>
    Saved,

    /// <summary>Something did not work and will be tried again.</summary>
    Failed,

    /// <summary>Something should have happened by now.</summary>
    Late,

    /// <summary>A connection has ended.</summary>
    Lost,

    /// <summary>Somebody pressed a button.</summary>
    Asked,
}
