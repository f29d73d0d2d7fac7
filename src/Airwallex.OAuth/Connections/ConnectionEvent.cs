namespace Airwallex.OAuth;

/// <summary>Something that happened to a connection. Immutable; holds no token.</summary>
public sealed record ConnectionEvent
{
    /// <summary>What happened.</summary>
    public required ConnectionEventKind Kind { get; init; }

    /// <summary>The client id of the connection.</summary>
    public required string ClientId { get; init; }

    /// <summary>The account of the connection.</summary>
    public required string AccountId { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>
    /// The name that the application was registered with. Default: empty, the application without a name.
    /// </summary>
    public string ApplicationName { get; init; } = "";

    /// <summary>
    /// Details as a sentence, such as why a customer must authorize again; null when the kind says it all.
    /// </summary>
    public string? Reason { get; init; }

    /// <summary>What went wrong, for <see cref="ConnectionEventKind.RefreshFailed"/>; null otherwise.</summary>
    public Exception? Exception { get; init; }
}
