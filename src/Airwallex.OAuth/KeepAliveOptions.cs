namespace Airwallex.OAuth;

/// <summary>
/// The background work that keeps connections alive without requests: renewing refresh tokens well before they expire
/// ("every 60-80 days" of 90, says Airwallex), and repeating refreshes that a crash interrupted.
/// </summary>
public sealed class KeepAliveOptions
{
    /// <summary>Whether this instance does that work. Default: true. All instances share it; one that has it on is enough.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The share of a refresh token's life after which its renewal may be due. Default: 2/3 (day 60 of 90).</summary>
    public double WindowStart { get; set; } = 2.0 / 3;

    /// <summary>
    /// The share of a refresh token's life by which it should be renewed; past it operators are alerted. Default: 8/9 (day 80 of 90).
    /// Each account's moment within the window is fixed by a hash of its id, so that renewals spread evenly.
    /// </summary>
    public double WindowEnd { get; set; } = 8.0 / 9;

    /// <summary>
    /// Renews every refresh token at this age instead of within the window. Default: null, the window. Applies to a connection
    /// from its next refresh on; a token with a shorter life is renewed within the window all the same.
    /// </summary>
    public TimeSpan? RenewalInterval { get; set; }

    /// <summary>How many connections one instance renews or recovers at the same time. Default: 4.</summary>
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>How often to look for connections whose renewal is due: one indexed query, which almost always finds nothing. Default: 5 s.</summary>
    public TimeSpan ScanInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often to look for refreshes that an instance left unfinished: one indexed query, which almost always finds nothing. Default: 2 s.</summary>
    public TimeSpan RecoveryInterval { get; set; } = TimeSpan.FromSeconds(2);
}
