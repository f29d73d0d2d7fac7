namespace Airwallex.OAuth;

/// <summary>Which connections to list. Conditions that are set apply together; one with none set lists every connection.</summary>
public sealed record ConnectionFilter
{
    /// <summary>Only connections with this status. Default: null, any.</summary>
    public ConnectionStatus? Status { get; init; }

    /// <summary>Only connections whose <see cref="AirwallexConnection.RenewAt"/> is at or before this instant. Default: null, any. The keep-alive's question; index it.</summary>
    public DateTimeOffset? RenewalDueAt { get; init; }

    /// <summary>
    /// Only connections with a <see cref="AirwallexConnection.PendingRefresh"/> whose <see cref="RefreshAttempt.LeaseExpiresAt"/> is at or
    /// before this instant. Default: null, any. The recovery loop's question; index it.
    /// </summary>
    public DateTimeOffset? LeaseExpiredAt { get; init; }

    /// <summary>Whether <paramref name="connection"/> meets every condition that is set.</summary>
    public bool Matches(AirwallexConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);

        return (Status is null || connection.Status == Status)
            && (RenewalDueAt is null || connection.RenewAt <= RenewalDueAt)
            && (LeaseExpiredAt is null || connection.PendingRefresh?.LeaseExpiresAt <= LeaseExpiredAt);
    }
}
