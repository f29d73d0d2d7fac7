using Airwallex.OAuth;

namespace ConnectPortal.Pages;

/// <summary>
/// How far a refresh token is between the day it was issued and the day it expires: the life of the customer's
/// permission, which begins anew with every renewal.
/// </summary>
public sealed class PermissionAge(AirwallexConnection connection, KeepAliveOptions keepAlive, DateTimeOffset now)
{
    private readonly TimeSpan _life =
        (connection.RefreshTokenExpiresAt ?? connection.RefreshedAt.AddDays(1)) - connection.RefreshedAt;

    public string WindowStart => Percent(keepAlive.WindowStart);

    public string WindowWidth => Percent(keepAlive.WindowEnd - keepAlive.WindowStart);

    public string Used => Percent(Math.Clamp((now - connection.RefreshedAt) / _life, 0, 1));

    public string Renewal => Percent(Math.Clamp((connection.RenewAt - connection.RefreshedAt) / _life, 0, 1));

    public string WindowStartDay => Day(_life * keepAlive.WindowStart);

    public string WindowEndDay => Day(_life * keepAlive.WindowEnd);

    public string LastDay => Day(_life);

    /// <summary>Whole days that are over.</summary>
    public string Today => Day(TimeSpan.FromDays(Math.Floor(Math.Max(0, (now - connection.RefreshedAt).TotalDays))));

    public string RenewalDay => Day(connection.RenewAt - connection.RefreshedAt);

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##}%");

    private static string Day(TimeSpan time) => FormattableString.Invariant($"{Math.Round(time.TotalDays):0}");
}
