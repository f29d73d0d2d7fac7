namespace Airwallex.OAuth;

/// <summary>Something that happened to a connection. Immutable; holds no token.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="AccountId">To which account.</param>
/// <param name="OccurredAt">When.</param>
public sealed record ConnectionEvent(ConnectionEventKind Kind, string AccountId, DateTimeOffset OccurredAt)
{
    /// <summary>Details as a sentence, such as why a customer must authorize again; null when the kind says it all.</summary>
    public string? Reason { get; init; }

    /// <summary>What went wrong, for <see cref="ConnectionEventKind.RefreshFailed"/>; null otherwise.</summary>
    public Exception? Exception { get; init; }
}
