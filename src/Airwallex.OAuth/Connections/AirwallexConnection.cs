namespace Airwallex.OAuth;

/// <summary>What a customer gave when authorizing the application; one per Airwallex account. Immutable; <see cref="ToString"/> hides the tokens.</summary>
public sealed record AirwallexConnection
{
    private readonly DateTimeOffset? _renewAt;

    /// <summary>The connected Airwallex account.</summary>
    public required string AccountId { get; init; }

    /// <summary>The tokens issued last.</summary>
    public required TokenSet Tokens { get; init; }

    /// <summary>Whether the connection can be used. Default: <see cref="ConnectionStatus.Active"/>.</summary>
    public ConnectionStatus Status { get; init; }

    /// <summary>Why the connection is not active, as a sentence; null while it is.</summary>
    public string? StatusReason { get; init; }

    /// <summary>When the customer last authorized.</summary>
    public required DateTimeOffset ConnectedAt { get; init; }

    /// <summary>The note about a refresh that is under way or was interrupted; null otherwise.</summary>
    public RefreshAttempt? PendingRefresh { get; init; }

    /// <summary>
    /// When the keep-alive renews the refresh token, if no request has by then. Fixed when the tokens are saved; a store may index it.
    /// Where none was set: the account's moment in the default window of <see cref="KeepAliveOptions"/>.
    /// </summary>
    public DateTimeOffset RenewAt
    {
        get => _renewAt ?? RenewalSchedule.RenewAt(Tokens, RenewalSchedule.Default);
        init => _renewAt = value;
    }

    /// <summary>Counts the writes of this connection; 0 before the first. The store compares and increments it.</summary>
    public long Version { get; init; }

    /// <summary>The account, status and version; never a token.</summary>
    public override string ToString() =>
        $"AirwallexConnection {{ AccountId = {AccountId}, Status = {Status}, Version = {Version}, Refreshing = {PendingRefresh is not null} }}";
}
