namespace Airwallex.OAuth;

/// <summary>
/// The background work that keeps connections alive without requests: it renews refresh tokens well before they expire,
/// and finishes refreshes that an instance left unfinished. A host runs it; without one, call
/// <see cref="AirwallexConnections.KeepAliveAsync"/>.
/// </summary>
/// <remarks>Airwallex advises to refresh every 60 to 80 days of 90: page "Authorize new customers", "Best practices
/// for token management".</remarks>
public sealed class KeepAliveOptions
{
    /// <summary>
    /// Whether this instance does that work. Default: true. All instances share it; one that has it on is enough.
    /// </summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// The share of a refresh token's life after which it may be renewed. Default: 2/3 (day 60 of 90).
    /// </summary>
    public double WindowStart { get; set; } = 2.0 / 3;

    /// <summary>
    /// The share of a refresh token's life by which it should be renewed; past it, operators are alerted.
    /// Default: 8/9 (day 80 of 90). A hash of the account fixes its moment within the window, so that renewals spread
    /// evenly.
    /// </summary>
    public double WindowEnd { get; set; } = 8.0 / 9;

    /// <summary>How many connections one instance renews at the same time. Default: 4.</summary>
    public int MaxConcurrency { get; set; } = 4;
}
