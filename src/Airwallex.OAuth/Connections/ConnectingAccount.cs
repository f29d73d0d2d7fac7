namespace Airwallex.OAuth;

/// <summary>
/// An account that a customer has just authorized, before it is saved. For <see cref="ConnectOptions.OnConnecting"/>.
/// </summary>
public sealed class ConnectingAccount
{
    /// <summary>The Airwallex account.</summary>
    public required string AccountId { get; init; }

    /// <summary>The scopes granted; opaque words. Default: empty.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// The connection of this account that is stored now and will be replaced; null when there is none.
    /// </summary>
    public AirwallexConnection? Existing { get; init; }
}
