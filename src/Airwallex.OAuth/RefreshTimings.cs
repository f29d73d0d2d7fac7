namespace Airwallex.OAuth;

/// <summary>
/// Every time of the refresh, named once. Each is a share of the grace period; the values in comments are those of 60
/// s.
/// </summary>
/// <remarks>
/// The sums that make them safe, with clocks that differ by at most <see cref="ClockTolerance"/>:
/// <list type="bullet">
/// <item>lease 12 s = 6 s of use + 6 s of margin: a send is cut at half a lease before the stored end, so that 5 s of
/// clock difference and a short stall still lie before the moment at which another instance may send;</item>
/// <item>renewal every 2 s + 2 s for it + 2 s for a look = 6 s of use: a renewal that fails is known before the
/// cut;</item>
/// <item>last start at 53 s = 60 s − 7 s: the request arrives inside the grace period by the server's clock;</item>
/// <item>other tries end at 50.5 s = 53 s − 2.5 s: room for the retry delay and for the write-ahead of another
/// instance;</item>
/// <item>12 s lease + 2 s until recovery looks + a try of 8 s, twice, lie before 53 s: a crash costs at most two of
/// them.</item>
/// </list>
/// </remarks>
internal sealed class RefreshTimings(TimeSpan gracePeriod)
{
    /// <summary>
    /// A transient failure is retried this often within one operation; the final start inside the grace period comes
    /// on top.
    /// </summary>
    public const int MaxRetries = 3;

    /// <summary>How many recoveries one instance starts each second (each sixtieth of the grace period).</summary>
    public const int RecoveryStartsPerSecond = 20;

    /// <summary>The seconds from one look of the recovery to the next.</summary>
    public const int RecoveryLookSeconds = 2;

    /// <summary>With this much or less left, a request waits for a new access token; a tenth of a short life.</summary>
    public static readonly TimeSpan ExpirySkew = TimeSpan.FromSeconds(10);

    /// <summary>A token that replaced a rejected one and is rejected again is not replaced sooner.</summary>
    public static readonly TimeSpan ReplacementInterval = TimeSpan.FromSeconds(30);

    public TimeSpan GracePeriod { get; } = gracePeriod;

    // ---- The lease.
    public TimeSpan Lease => Seconds(12);

    /// <summary>A send is cut this long before the lease's stored end.</summary>
    public TimeSpan LeaseMargin => Lease / 2;

    public TimeSpan LeaseRenewalInterval => Seconds(2);

    /// <summary>The time of one renewal, and of a look after it.</summary>
    public TimeSpan LeaseRenewalTimeout => Seconds(2);

    /// <summary>With less than this to the cut, the lease is renewed before a send starts.</summary>
    public TimeSpan RenewBeforeSend => Seconds(3);

    /// <summary>No send starts with less than this to the cut.</summary>
    public TimeSpan ShortestSend => Seconds(1);

    /// <summary>By how much the clocks of two instances may differ.</summary>
    public TimeSpan ClockTolerance => Seconds(5);

    public TimeSpan FirstLeaseWait => Seconds(0.05);

    public TimeSpan LongestLeaseWait => Seconds(1);

    // ---- The send.
    public TimeSpan FirstResponseTimeout => Seconds(8);

    /// <summary>A retry starts at the latest this long after the first send.</summary>
    public TimeSpan LatestStart => GracePeriod - Seconds(7);

    /// <summary>A try that is not the last ends at the latest this long after the first send.</summary>
    public TimeSpan LatestEnd => LatestStart - Seconds(2.5);

    /// <summary>
    /// The final start is aimed at this moment after the first send, a second before it would be too late.
    /// </summary>
    public TimeSpan FinalStart => LatestStart - Seconds(1);

    public TimeSpan FirstRetryDelay => Seconds(0.5);

    public TimeSpan LongestRetryDelay => Seconds(5);

    public TimeSpan ShortestConcurrencyWait => Seconds(1);

    public TimeSpan LongestConcurrencyWait => Seconds(2);

    /// <summary>
    /// The exchange of a code waits this long for its response: a code is good once, and the customer is waiting.
    /// </summary>
    public TimeSpan CodeResponseTimeout => GracePeriod;

    public TimeSpan OnConnectingTimeout => Seconds(30);

    // ---- After a failure.
    public TimeSpan FirstCooldown => Seconds(2);

    public TimeSpan LongestCooldown => Seconds(300);

    /// <summary>While a response may be lost, a cooldown ends at the latest this long after the first send.</summary>
    public TimeSpan LatestCooldownEnd => LatestStart - Seconds(6);

    /// <summary>Callers in a cooldown look into the store at most this often.</summary>
    public TimeSpan CooldownLookInterval => Seconds(1);

    /// <summary>No recovery is put off further than this.</summary>
    public TimeSpan LongestRecoveryDelay => Seconds(300);

    /// <summary>
    /// After the grace period, an attempt must have been seen unchanged for this long before the last send.
    /// </summary>
    public TimeSpan Observation => Seconds(25);

    /// <summary>Two looks that are further apart than this do not observe.</summary>
    public TimeSpan LongestObservationGap => Seconds(5);

    // ---- Callers, store and background.
    public TimeSpan CallerTimeout => Seconds(30);

    public TimeSpan StoreCallTimeout => Seconds(10);

    public TimeSpan FirstSaveDelay => Seconds(0.1);

    public TimeSpan LongestSaveDelay => Seconds(2);

    public TimeSpan RecoveryInterval => Seconds(RecoveryLookSeconds);

    public TimeSpan RenewalScanInterval => Seconds(5);

    private TimeSpan Seconds(double ofSixty) => GracePeriod * (ofSixty / 60);
}
