namespace Airwallex.OAuth;

/// <summary>
/// What a customer gave when authorizing the application, as it is stored. Holds no token. Immutable.
/// </summary>
public sealed record AirwallexConnection
{
    /// <summary>The client id of the application that the customer authorized.</summary>
    public required string ClientId { get; init; }

    /// <summary>The connected Airwallex account.</summary>
    public required string AccountId { get; init; }

    /// <summary>Whether the connection can be used. Default: <see cref="ConnectionStatus.Active"/>.</summary>
    public ConnectionStatus Status { get; init; }

    /// <summary>Why the connection is not active, as a sentence; null while it is.</summary>
    public string? StatusReason { get; init; }

    /// <summary>When <see cref="Status"/> last changed.</summary>
    public DateTimeOffset StatusChangedAt { get; init; }

    /// <summary>When the customer last authorized.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>
    /// When the tokens were issued: by the last refresh, or by the authorization when there was none yet.
    /// </summary>
    public DateTimeOffset RefreshedAt { get; init; }

    /// <summary>When the access token expires.</summary>
    public DateTimeOffset AccessTokenExpiresAt { get; init; }

    /// <summary>When the refresh token expires; null when Airwallex did not say.</summary>
    public DateTimeOffset? RefreshTokenExpiresAt { get; init; }

    /// <summary>When the keep-alive renews the refresh token, if no request has by then.</summary>
    public DateTimeOffset RenewAt { get; init; }

    /// <summary>The scopes granted; opaque words. Empty when Airwallex named none.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The account, client and status.</summary>
    public override string ToString() =>
        $"AirwallexConnection {{ AccountId = {AccountId}, ClientId = {ClientId}, Status = {Status} }}";
}
