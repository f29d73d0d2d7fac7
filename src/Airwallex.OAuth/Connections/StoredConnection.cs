namespace Airwallex.OAuth;

/// <summary>
/// A connection as a token store keeps it: what the store searches by, and two texts that it never reads. Immutable;
/// <see cref="ToString"/> shows neither text.
/// </summary>
/// <remarks>
/// Eight columns, whatever the library learns to remember. Instants are UTC in whole milliseconds, which every engine
/// keeps exactly.
/// </remarks>
public sealed record StoredConnection
{
    /// <summary>
    /// The client id that the connection belongs to, at most 128 characters. Key, together with
    /// <see cref="AccountId"/>.
    /// </summary>
    public required string ClientId { get; init; }

    /// <summary>The Airwallex account, at most 255 characters. Key, together with <see cref="ClientId"/>.</summary>
    public required string AccountId { get; init; }

    /// <summary>
    /// Opaque text of at most 64 ASCII characters, new with every write. The library makes it; a store only compares
    /// it, by ordinal.
    /// </summary>
    public required string Version { get; init; }

    /// <summary>
    /// Whether the connection can be used. Never <see cref="ConnectionStatus.Unreadable"/>. Default: Active.
    /// </summary>
    public ConnectionStatus Status { get; init; }

    /// <summary>When the keep-alive renews the refresh token. A store indexes it.</summary>
    public required DateTimeOffset RenewAt { get; init; }

    /// <summary>When an unfinished refresh is to be taken up; null when there is none. A store indexes it.</summary>
    public DateTimeOffset? RecoverAt { get; init; }

    /// <summary>JSON without secrets, up to 64 KB. A store keeps it as it is.</summary>
    public required string State { get; init; }

    /// <summary>The tokens, encrypted, up to 64 KB of ASCII. A store keeps them as they are.</summary>
    public required string Tokens { get; init; }

    /// <summary>The key, version and status; neither state nor tokens.</summary>
    public override string ToString() =>
        $"StoredConnection {{ AccountId = {AccountId}, ClientId = {ClientId}, Version = {Version}, Status = {Status} " +
        $"}}";
}
