namespace Airwallex.OAuth;

/// <summary>What step 2 decided.</summary>
internal enum SendDecisionKind
{
    /// <summary>Write ahead and send.</summary>
    Send,

    /// <summary>Another instance alone may send.</summary>
    WaitForLease,

    /// <summary>The grace period is over; the attempt must be seen unchanged for a while first.</summary>
    Observe,
}

internal readonly record struct SendDecision(
    SendDecisionKind Kind, DateTimeOffset Until = default, bool IsLastSend = false);

/// <summary>How long to wait for a response, and whether this is the final start inside the grace period.</summary>
internal readonly record struct ResponseWait(TimeSpan Timeout, bool IsFinal);

/// <summary>What to do after a failed send.</summary>
internal enum FailureDecisionKind
{
    Fail,
    Retry,

    /// <summary>Read the store first: another instance has probably rotated.</summary>
    ReadAgain,
}

internal readonly record struct FailureDecision(FailureDecisionKind Kind, TimeSpan Delay = default);

/// <summary>What becomes of something that is to be stored.</summary>
internal enum SaveDecisionKind
{
    /// <summary>What is stored stays.</summary>
    Keep,

    /// <summary>It is written in place of what is stored.</summary>
    Write,

    /// <summary>Another instance is at work with the same token: look again.</summary>
    WaitForLease,
}

/// <summary>Holds what to write, or what stays: null when nothing is stored.</summary>
internal readonly record struct SaveDecision(
    SaveDecisionKind Kind, ConnectionState? Connection, DateTimeOffset Until = default)
{
    public static SaveDecision Keep(ConnectionState? current) => new(SaveDecisionKind.Keep, current);

    public static SaveDecision Write(ConnectionState next) => new(SaveDecisionKind.Write, next);

    public static SaveDecision WaitForLease(ConnectionState current, DateTimeOffset until) =>
        new(SaveDecisionKind.WaitForLease, current, until);
}
