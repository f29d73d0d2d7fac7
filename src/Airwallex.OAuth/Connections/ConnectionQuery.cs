namespace Airwallex.OAuth;

/// <summary>
/// One page of connections. Conditions that are set apply together; a query with none lists every connection.
/// </summary>
public sealed record ConnectionQuery
{
    /// <summary>Only connections of this client id. Default: null, any.</summary>
    public string? ClientId { get; init; }

    /// <summary>Only connections of this Airwallex account. Default: null, any.</summary>
    public string? AccountId { get; init; }

    /// <summary>Only connections with this status. Default: null, any.</summary>
    public ConnectionStatus? Status { get; init; }

    /// <summary>
    /// Only connections whose <see cref="StoredConnection.RenewAt"/> is at or before this instant. Default: null,
    /// any.
    /// </summary>
    public DateTimeOffset? RenewalDueAt { get; init; }

    /// <summary>
    /// Only connections with a <see cref="StoredConnection.RecoverAt"/> at or before this instant. Default: null, any.
    /// </summary>
    public DateTimeOffset? RecoveryDueAt { get; init; }

    /// <summary>
    /// The last connection of the page before: the page begins after it, in the store's own order. Default: null, the
    /// first page. It may have changed or gone meanwhile.
    /// </summary>
    public StoredConnection? After { get; init; }

    /// <summary>
    /// At most how many connections the page holds. Default: 100. Fewer mean that it is the last page.
    /// </summary>
    public int Limit { get; init; } = 100;

    /// <summary>Whether a connection meets every condition that is set.</summary>
    internal bool Matches(StoredConnection connection) =>
        (ClientId is null || connection.ClientId == ClientId)
        && (AccountId is null || connection.AccountId == AccountId)
        && (Status is null || connection.Status == Status)
        && (RenewalDueAt is null || connection.RenewAt <= RenewalDueAt)
        && (RecoveryDueAt is null || connection.RecoverAt <= RecoveryDueAt);
}
