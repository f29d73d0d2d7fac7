using Airwallex.OAuth;

namespace ConnectPortal.Pages;

/// <summary>How far a refresh token is between the day it was issued and the day it expires.</summary>
public sealed class RefreshTokenLife(AirwallexConnection connection, KeepAliveOptions keepAlive, DateTimeOffset now)
{
    private readonly TimeSpan _life = (
        connection.RefreshTokenExpiresAt ?? connection.RefreshedAt.AddDays(1)) - connection.RefreshedAt;

    public string Start => Percent(keepAlive.WindowStart);

    public string Width => Percent(keepAlive.WindowEnd - keepAlive.WindowStart);

    public string End => Percent(keepAlive.WindowEnd);

    public string Used => Percent(Math.Clamp((now - connection.RefreshedAt) / _life, 0, 1));

    public string Renewal => Percent(Math.Clamp((connection.RenewAt - connection.RefreshedAt) / _life, 0, 1));

    public string StartDay => Day(_life * keepAlive.WindowStart);

    public string EndDay => Day(_life * keepAlive.WindowEnd);

    public string LastDay => Day(_life);

    /// <summary>
    /// Whole days that are over; the others are rounded, since a server may count in seconds and a little less.
    /// </summary>
    public string Today => Day(TimeSpan.FromDays(Math.Floor(Math.Max(0, (now - connection.RefreshedAt).TotalDays))));

    public string RenewalDay => Day(connection.RenewAt - connection.RefreshedAt);

    /// <summary>The picture in words.</summary>
    public string Words =>
        $"Day {Today} of {LastDay}. The renewal window is from day {StartDay} to day {EndDay}; this token is to be " +
        $"renewed on day {RenewalDay}.";

    private static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##}%");

    private static string Day(TimeSpan time) => FormattableString.Invariant($"{time.TotalDays:0.#}");
}
