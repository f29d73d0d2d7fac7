namespace Airwallex.OAuth;

/// <summary>Step 2: write ahead and send; wait for another's lease; or see the attempt unchanged for a while.</summary>
internal enum SendDecisionKind { Send, WaitForLease, Observe }

internal readonly record struct SendDecision(
    SendDecisionKind Kind, DateTimeOffset Until = default, bool IsLastSend = false);

/// <summary>How long to wait for a response, and whether this is the final start inside the grace period.</summary>
internal readonly record struct ResponseWait(TimeSpan Timeout, bool IsFinal);

/// <summary>What to do after a failed send. ReadAgain: before a retry, as another instance may have rotated.</summary>
internal enum FailureDecisionKind { Fail, Retry, ReadAgain }

internal readonly record struct FailureDecision(FailureDecisionKind Kind, TimeSpan Delay = default);

/// <summary>What is stored stays, or is replaced, or is read again when another instance's lease is over.</summary>
internal enum SaveDecisionKind { Keep, Write, WaitForLease }

/// <summary>Holds what to write, or what stays: null when nothing is stored.</summary>
internal readonly record struct SaveDecision(
    SaveDecisionKind Kind, ConnectionState? Connection, DateTimeOffset Until = default)
{
    public static SaveDecision Keep(ConnectionState? current) => new(SaveDecisionKind.Keep, current);

    public static SaveDecision Write(ConnectionState next) => new(SaveDecisionKind.Write, next);

    public static SaveDecision Wait(ConnectionState now, DateTimeOffset until) =>
        new(SaveDecisionKind.WaitForLease, now, until);
}
