namespace Airwallex.OAuth.AspNetCore;

/// <summary>When the health check of the connections says Degraded.</summary>
public sealed class ConnectionHealthOptions
{
    /// <summary>
    /// Degraded when more than this share of the connections in use (active, or waiting for their customer to authorize again) waits.
    /// Between 0 (one waiting connection is enough) and 1 (never). Default: 0.1.
    /// </summary>
    public double MaxWaitingShare { get; set; } = 0.1;

    /// <summary>
    /// How many connections of each kind are counted before the check stops and reports "at least". Default: 1,000. It bounds what a
    /// probe reads from the store.
    /// </summary>
    public int MaxCounted { get; set; } = 1_000;
}
