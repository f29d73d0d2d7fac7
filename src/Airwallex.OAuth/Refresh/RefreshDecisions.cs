namespace Airwallex.OAuth;

/// <summary>
/// What step 2 decided: to write ahead and send; to wait, because another instance alone may send; or, after the grace
/// period, to see the attempt unchanged for a while first.
/// </summary>
internal enum SendDecisionKind { Send, WaitForLease, Observe }

internal readonly record struct SendDecision(
    SendDecisionKind Kind, DateTimeOffset Until = default, bool IsLastSend = false);

/// <summary>How long to wait for a response, and whether this is the final start inside the grace period.</summary>
internal readonly record struct ResponseWait(TimeSpan Timeout, bool IsFinal);

/// <summary>What to do after a failed send. ReadAgain: before a retry, as another instance may have rotated.</summary>
internal enum FailureDecisionKind { Fail, Retry, ReadAgain }

internal readonly record struct FailureDecision(FailureDecisionKind Kind, TimeSpan Delay = default);

/// <summary>
/// What becomes of something that is to be stored: what is stored stays; it is written in its place; or another
/// instance is at work with the same token, and what is stored is read again.
/// </summary>
internal enum SaveDecisionKind { Keep, Write, WaitForLease }

/// <summary>Holds what to write, or what stays: null when nothing is stored.</summary>
internal readonly record struct SaveDecision(
    SaveDecisionKind Kind, ConnectionState? Connection, DateTimeOffset Until = default)
{
    public static SaveDecision Keep(ConnectionState? current) => new(SaveDecisionKind.Keep, current);

    public static SaveDecision Write(ConnectionState next) => new(SaveDecisionKind.Write, next);

    public static SaveDecision WaitForLease(ConnectionState current, DateTimeOffset until) =>
        new(SaveDecisionKind.WaitForLease, current, until);
}
