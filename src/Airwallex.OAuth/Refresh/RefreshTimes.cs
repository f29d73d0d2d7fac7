namespace Airwallex.OAuth;

/// <summary>The times of the refresh that follow from the options. Chosen so that the sums hold with 5 s of clock difference.</summary>
internal static class RefreshTimes
{
    /// <summary>A send ends this long before the end of the lease: 6 s of 20 s.</summary>
    public static TimeSpan LeaseMargin(AirwallexOAuthOptions options) => options.LeaseMargin ?? options.RefreshLease * 0.3;

    /// <summary>A send ends this long before the end of the grace period: 7 s of 60 s.</summary>
    public static TimeSpan GraceMargin(AirwallexOAuthOptions options) => options.GraceMargin ?? options.GracePeriod * (7.0 / 60);

    /// <summary>A send does not start with less than this left: 1 s of a lease of 20 s.</summary>
    public static TimeSpan ShortestSend(AirwallexOAuthOptions options) => options.RefreshLease / 20;

    /// <summary>A note past its grace period must stand unchanged for this long before its refresh token is sent again: 15 s of 60 s.</summary>
    public static TimeSpan SightingInterval(AirwallexOAuthOptions options) => options.GracePeriod / 4;

    /// <summary>Seen again later than this, it may have changed and changed back meanwhile, or the store may have been down: 22.5 s.</summary>
    public static TimeSpan LongestSightingGap(AirwallexOAuthOptions options)
    {
        var gap = SightingInterval(options) * 1.5;
        var looks = options.KeepAlive.RecoveryInterval * 2;
        return gap > looks ? gap : looks;
    }

    /// <summary>When the grace period is over for us; later, a send could not end in time.</summary>
    public static DateTimeOffset GraceEnd(RefreshAttempt note, AirwallexOAuthOptions options) =>
        note.FirstSentAt + options.GracePeriod - GraceMargin(options);

    /// <summary>When a send under this lease must have ended.</summary>
    public static DateTimeOffset LeaseEnd(RefreshAttempt note, AirwallexOAuthOptions options) =>
        note.LeaseExpiresAt - LeaseMargin(options);
}
