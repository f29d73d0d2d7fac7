namespace Airwallex.OAuth;

/// <summary>Counts of the connections of one client id. Immutable.</summary>
public sealed record ConnectionSummary
{
    /// <summary>The client id.</summary>
    public required string ClientId { get; init; }

    /// <summary>How many connections are <see cref="ConnectionStatus.Active"/>.</summary>
    public long Active { get; init; }

    /// <summary>How many connections are <see cref="ConnectionStatus.ReauthorizationRequired"/>.</summary>
    public long ReauthorizationRequired { get; init; }

    /// <summary>How many connections are <see cref="ConnectionStatus.Disconnected"/>.</summary>
    public long Disconnected { get; init; }

    /// <summary>How many active connections have a <see cref="StoredConnection.RenewAt"/> that has come.</summary>
    public long RenewalDue { get; init; }

    /// <summary>
    /// How many active connections have a refresh that is under way or unfinished
    /// (<see cref="StoredConnection.RecoverAt"/> is set).
    /// </summary>
    public long RefreshPending { get; init; }

    /// <summary>
    /// The earliest <see cref="StoredConnection.RenewAt"/> of an active connection; null when there is none.
    /// </summary>
    public DateTimeOffset? OldestRenewAt { get; init; }
}
