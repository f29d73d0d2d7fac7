using Airwallex.OAuth;

namespace ConnectPortal.Pages;

/// <summary>A connection as a page shows it.</summary>
public sealed record ConnectionView(
    AirwallexConnection Connection, string Name, KeepAliveOptions KeepAlive, DateTimeOffset Now)
{
    public string AccountId => Connection.AccountId;

    public bool IsActive => Connection.Status == ConnectionStatus.Active;

    /// <summary>Changes whenever the connection does; a page that shows another value is out of date.</summary>
    public string Revision => FormattableString.Invariant(
        $"{AccountId}.{Connection.Status}.{Connection.RefreshedAt.UtcTicks}.{Connection.RenewAt.UtcTicks}");

    public string Initials =>
        string.Concat(
            Name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2)
                .Select(word => char.ToUpperInvariant(word[0])));

    public (string Text, string Class) Status => Connection.Status switch
    {
        ConnectionStatus.Active => ("Active", "good"),
        ConnectionStatus.Unreadable => ("Keys are missing", "warn"),
        ConnectionStatus.ReauthorizationRequired => ("Must connect again", "warn"),
        _ => ("Disconnected", "off"),
    };

    public int AccessSecondsLeft => (int)Math.Max(0, Math.Round((Connection.AccessTokenExpiresAt - Now).TotalSeconds));

    public int AccessSecondsTotal =>
        (int)Math.Round((Connection.AccessTokenExpiresAt - Connection.RefreshedAt).TotalSeconds);

    public RefreshTokenLife Life => new(Connection, KeepAlive, Now);
}
