namespace Airwallex.OAuth;

/// <summary>Our attempt in the store: taken by the write-ahead, renewed while it sends, one swap at a time.</summary>
internal sealed class Lease(
    AirwallexApplication application, RefreshTimings timings, RefreshTrace trace, ConnectionState stored,
    ConnectionState before, long takenAt)
{
    /// <summary>The ends that were written: the one that is stored first, unconfirmed renewals after it.</summary>
    private readonly List<(DateTimeOffset Expires, long TakenAt)> _ends = [(stored.Attempt!.LeaseExpiresAt, takenAt)];
    private readonly TimeSpan _ageAtFirst = stored.Attempt.LeaseExpiresAt - timings.Lease - stored.Attempt.FirstSentAt;
    private Task _renewing = Task.CompletedTask;
    private bool _storeResponds = true; // False from a look that failed to one that succeeds.

    /// <summary>The connection as it is stored, with our attempt and its present version.</summary>
    public ConnectionState Current { get; private set; } = stored;

    /// <summary>The connection as it was stored before our attempt.</summary>
    public ConnectionState Before { get; } = before;

    public RefreshAttempt Attempt => Current.Attempt!;

    /// <summary>How long ago the token was first sent, also by a clock that is corrected meanwhile.</summary>
    public TimeSpan Age => _ageAtFirst + Time.GetElapsedTime(takenAt);

    /// <summary>Whether another instance has taken over.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Whether a send may start: with less left, it would be cut at once.</summary>
    public bool AllowsStart => !IsLost && Left >= timings.ShortestSend;

    /// <summary>How long a send may go on: until half a lease before the stored end.</summary>
    private TimeSpan Left => timings.Lease - timings.LeaseMargin - Time.GetElapsedTime(_ends[0].TakenAt);

    private TimeProvider Time => application.Time;

    /// <summary>Waits for a renewal that a send left under way.</summary>
    public Task SettleAsync() => _renewing;

    /// <summary>Renews the lease when too little is left for a send.</summary>
    public async Task PrepareSendAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        if (!IsLost && Left < timings.RenewBeforeSend)
        {
            await RenewAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Looks whether the attempt that is stored is still ours.</summary>
    public async Task LookAsync()
    {
        try
        {
            var seen = await application.Store.FindOnceAsync(Current.Key, timings.LeaseRenewalTimeout)
                .ConfigureAwait(false);
            IsLost = seen?.Attempt?.Id != Attempt.Id;

            // While the attempt is ours, so are the tokens, even if the keys are gone that encrypted them.
            var tokens = Current.Tokens;
            Confirm(IsLost ? Current : seen! with { Tokens = tokens, TokensAsRead = tokens });
        }
        catch (AirwallexOAuthException)
        {
            _storeResponds = false;
        }
    }

    /// <summary>
    /// Renews the lease until the send has ended or must be cut; returns why, as a sentence. The timeout binds while
    /// the store responds.
    /// </summary>
    public async Task<string> KeepAsync(TimeSpan responseTimeout, Task sendEnded)
    {
        var renewedAt = Time.GetTimestamp();
        for (var sentAt = renewedAt; !sendEnded.IsCompleted;)
        {
            var elapsed = Time.GetElapsedTime(sentAt);
            if (CutReason(elapsed, responseTimeout) is { } reason)
            {
                return reason;
            }

            // A renewal that did not get through is repeated sooner once the cut comes near.
            var interval = timings.LeaseRenewalInterval / (_storeResponds && Left < timings.RenewBeforeSend ? 10 : 1);
            var untilRenewal = interval - Time.GetElapsedTime(renewedAt);
            if (untilRenewal <= TimeSpan.Zero)
            {
                renewedAt = Time.GetTimestamp();
                _renewing = RenewAsync();
                await Task.WhenAny(_renewing, sendEnded).ConfigureAwait(false);
                continue;
            }

            var untilCut = _storeResponds ? (responseTimeout - elapsed).AtMost(Left) : timings.GracePeriod - elapsed;
            var pause = untilRenewal.AtMost(untilCut).AtLeast(TimeSpan.FromMilliseconds(1));
            await Task.WhenAny(Task.Delay(pause, Time), sendEnded).ConfigureAwait(false);
        }

        return "The send has ended.";
    }

    // While the store does not respond, the send is neither cut nor timed out: nobody else can write ahead either.
    private string? CutReason(TimeSpan elapsed, TimeSpan responseTimeout) => this switch
    {
        { IsLost: true } => "Another instance has taken over the refresh.",
        _ when elapsed >= timings.GracePeriod => Late(timings.GracePeriod),
        { _storeResponds: false } => null,
        _ when elapsed >= responseTimeout => Late(responseTimeout),
        _ when Left <= TimeSpan.Zero => "The lease could not be renewed in time.",
        _ => null,
    };

    private static string Late(TimeSpan limit) =>
        FormattableString.Invariant($"No response came within {limit.TotalSeconds:0.###} s.");

    private async Task RenewAsync()
    {
        var expires = Time.GetUtcNow() + timings.Lease;
        var attempt = Attempt with { LeaseExpiresAt = expires };
        var next = Current with { Version = application.Jitter.NewId(), Attempt = attempt, RecoverAt = expires };
        _ends.Add((expires, Time.GetTimestamp()));
        var isRenewed = false;
        try
        {
            isRenewed = await application.Store.TrySaveAsync(next, Current.Version, timings.LeaseRenewalTimeout)
                .ConfigureAwait(false);
        }
        catch (AirwallexOAuthException)
        {
            // It may have taken effect all the same: the look tells.
        }

        if (isRenewed)
        {
            Confirm(next);
        }
        else
        {
            await LookAsync().ConfigureAwait(false);
        }

        trace.LeaseRenewal(isRenewed ? "renewed" : IsLost ? "lost" : "unknown");
    }

    private void Confirm(ConnectionState seen)
    {
        (Current, _storeResponds) = (seen, true);
        var confirmed = _ends.FindLastIndex(end => end.Expires == Attempt.LeaseExpiresAt);
        _ends.RemoveRange(0, Math.Max(confirmed, 0));
    }
}
