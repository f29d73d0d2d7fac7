using Airwallex.OAuth;

namespace ConnectPortal.Pages;

/// <summary>A connection as a page shows it.</summary>
public sealed record ConnectionView(AirwallexConnection Connection, string Name, DateTimeOffset Now)
{
    public required KeepAliveOptions KeepAlive { get; init; }

    /// <summary>Whether Airwallex is known to be down.</summary>
    public required bool IsDown { get; init; }

    /// <summary>Whether this connection could not be renewed when that was tried last.</summary>
    public required bool HasFailed { get; init; }

    public string AccountId => Connection.AccountId;

    public bool IsActive => Connection.Status == ConnectionStatus.Active;

    public ConnectionState State => Connection.Status switch
    {
        ConnectionStatus.Active when IsDown || HasFailed => new(
            IsDown ? "Airwallex does not respond" : "Not renewed yet", "warn",
            HasAccess
                ? "The connection is safe, and calls work for now. The portal tries again by itself."
                : "The connection is safe, but calls have to wait. The portal tries again by itself."),
        ConnectionStatus.Active => new("Connected", "good", "Calls work, and the connection renews itself."),
        ConnectionStatus.ReauthorizationRequired => new(
            "Must connect again", "bad",
            "Airwallex ended the connection. Ask the customer to connect again. If the cause is gone, try again."),
        ConnectionStatus.Unreadable => new(
            "Keys are missing", "bad", "The stored tokens cannot be decrypted. Bring the Data Protection keys back."),
        _ => new(
            "Disconnected", "off",
            "The customer disconnected this application at Airwallex, and can connect again at any time."),
    };

    public bool HasAccess => Connection.AccessTokenExpiresAt > Now;

    public int AccessSecondsLeft =>
        (int)Math.Max(0, Math.Round((Connection.AccessTokenExpiresAt - Now).TotalSeconds));

    public int AccessSecondsTotal =>
        (int)Math.Max(1, Math.Round((Connection.AccessTokenExpiresAt - Connection.RefreshedAt).TotalSeconds));

    public PermissionAge Permission => new(Connection, KeepAlive, Now);

    /// <summary>Changes whenever a person could see a difference.</summary>
    public string Revision => FormattableString.Invariant(
        $"{State.Text}.{Connection.RefreshedAt.UtcTicks}.{Permission.Today}.{AccessSecondsLeft == 0}.{Name}");
}
