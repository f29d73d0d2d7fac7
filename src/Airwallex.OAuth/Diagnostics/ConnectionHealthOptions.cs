namespace Airwallex.OAuth;

/// <summary>When the health check of the connections says Degraded.</summary>
public sealed class ConnectionHealthOptions
{
    /// <summary>
    /// Degraded when more than this share of the connections in use (active, or waiting for their customer to authorize
    /// again) waits. Between 0 (one waiting connection is enough) and 1 (never). Default: 0.1.
    /// </summary>
    public double MaxWaitingShare { get; set; } = 0.1;

    /// <summary>
    /// Degraded when a renewal is later than this. The keep-alive renews within seconds, so that a late one fails again
    /// and again. Default: one day; the renewal window is twenty days of ninety.
    /// </summary>
    public TimeSpan MaxRenewalLateness { get; set; } = TimeSpan.FromDays(1);
}
