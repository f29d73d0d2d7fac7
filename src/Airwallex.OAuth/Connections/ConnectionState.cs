namespace Airwallex.OAuth;

/// <summary>All that the core knows of a connection: a <see cref="StoredConnection"/>, read. Immutable.</summary>
internal sealed record ConnectionState
{
    public required ConnectionKey Key { get; init; }

    /// <summary>The version that is stored; for one that is about to be written, its new version.</summary>
    public required string Version { get; init; }

    /// <summary>Never Unreadable, which is not stored; see <see cref="IsReadable"/>.</summary>
    public ConnectionStatus Status { get; init; }

    public string? StatusReason { get; init; }

    public DateTimeOffset StatusChangedAt { get; init; }

    /// <summary>Names the customer's consent. Responses of an earlier one never replace a later one.</summary>
    public required string AuthorizationId { get; init; }

    /// <summary>
    /// How many refresh tokens this authorization has had: one more with each successor that is saved.
    /// </summary>
    public int Generation { get; init; }

    /// <summary>Information for people; compared nowhere.</summary>
    public DateTimeOffset ConnectedAt { get; init; }

    /// <summary>Where the tokens were issued. A refusal from elsewhere proves nothing.</summary>
    public string? TokenEndpoint { get; init; }

    /// <summary>The tokens issued last; both are empty when they cannot be decrypted.</summary>
    public required TokenSet Tokens { get; init; }

    public DateTimeOffset RenewAt { get; init; }

    /// <summary>When an unfinished refresh is to be taken up; null when there is none.</summary>
    public DateTimeOffset? RecoverAt { get; init; }

    public RefreshAttempt? Attempt { get; init; }

    /// <summary>Why Airwallex says that the connection has ended, until a refresh proves or disproves it.</summary>
    public string? ReportedReason { get; init; }

    /// <summary>
    /// The row as it was read: the ciphertext, and JSON members of a newer version, are carried along. Null for a new
    /// one.
    /// </summary>
    public StoredConnection? ReadFrom { get; init; }

    /// <summary>The tokens that <see cref="ReadFrom"/> holds encrypted, to know whether they have changed.</summary>
    public TokenSet? TokensAsRead { get; init; }

    public bool IsReadable => Tokens.RefreshToken.Length > 0;

    public bool IsActive => Status == ConnectionStatus.Active;

    /// <summary>The connection as people see it, without tokens.</summary>
    public AirwallexConnection ToConnection() => new()
    {
        ClientId = Key.ClientId,
        AccountId = Key.AccountId,
        Status = IsReadable ? Status : ConnectionStatus.Unreadable,
        StatusReason = IsReadable ? StatusReason : UnreadableReason,
        StatusChangedAt = StatusChangedAt,
        ConnectedAt = ConnectedAt,
        RefreshedAt = Tokens.IssuedAt,
        AccessTokenExpiresAt = Tokens.AccessTokenExpiresAt,
        RefreshTokenExpiresAt = Tokens.RefreshTokenExpiresAt,
        RenewAt = RenewAt,
        Scopes = Tokens.Scopes,
    };

    public const string UnreadableReason =
        "The stored tokens cannot be decrypted. Bring back the Data Protection keys that encrypted them, and share " +
        "them between instances.";

    /// <summary>The account, version and status; never a token.</summary>
    public override string ToString() =>
        $"ConnectionState {{ AccountId = {Key.AccountId}, Version = {Version}, Status = {Status} }}";
}
