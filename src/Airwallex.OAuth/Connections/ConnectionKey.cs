namespace Airwallex.OAuth;

/// <summary>Names a connection: one per client id and Airwallex account. Compared by ordinal. Immutable.</summary>
public sealed record ConnectionKey
{
    /// <summary>The Airwallex account, at most 255 characters.</summary>
    public required string AccountId { get; init; }

    /// <summary>The client id of the application that the customer authorized, at most 128 characters.</summary>
    public required string ClientId { get; init; }
}
