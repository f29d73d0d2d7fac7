namespace Airwallex.OAuth;

/// <summary>Steps 2 to 4: decide, write ahead, send.</summary>
internal partial class RefreshOperation
{
    // ---- Step 2: a live lease of another instance, or a grace period that is over.

    private SendDecision Decide(ConnectionState current)
    {
        var effective = Entry.Knowledge.Effective(current.Attempt);
        if (current.Attempt is { } stored)
        {
            Entry.Knowledge = Entry.Knowledge.WithLook(stored, Application.Time, Timings)
                .WithLeaseSeen(stored, Now, Application.Time, Timings);
        }

        var observedFor = Entry.Knowledge.ObservedFor(current.Attempt, Application.Time);
        return _rules.DecideSend(effective, ForeignLeaseEnd(current), observedFor, Now);
    }

    /// <summary>Until when another instance alone may send; null when none may.</summary>
    private DateTimeOffset? ForeignLeaseEnd(ConnectionState? current) => current?.Attempt switch
    {
        null => current?.RecoverAt, // Saved over an attempt whose response, a later pair, may still come.
        { } attempt when Entry.Knowledge.IsOurs(attempt) => null,
        { } attempt => Entry.Knowledge.LeaseEnd(attempt, Now, Application.Time, Timings),
    };

    private bool IsDeferred(SendDecision decision) =>
        Request.DoesNotWait && !(Request.IsAlone && decision.Kind == SendDecisionKind.Observe);

    private async Task WaitAsync(SendDecision decision, int waits)
    {
        if (decision.Kind == SendDecisionKind.WaitForLease)
        {
            _trace.LeaseWait();
            Application.Log.WaitingForLease(AccountId, decision.Until);
            await Application.WaitForLeaseAsync(decision.Until, waits, Timings).ConfigureAwait(false);
            return;
        }

        var left = decision.Until - Now;
        Application.Log.GraceExceeded(AccountId, decision.Until);
        if (!Request.IsAlone)
        {
            _hasOnlyLooked = true;
            throw ConnectionErrors.GraceExceeded(AccountId, decision.Until, left);
        }

        await Application.DelayAsync(left.AtMost(Timings.RecoveryInterval)).ConfigureAwait(false);
    }

    // ---- Step 3: write ahead.

    /// <summary>Our attempt in the store; null when the swap was lost.</summary>
    protected virtual async Task<Lease?> WriteAheadAsync(ConnectionState current, bool isLastSend)
    {
        var next = WithAttempt(current, isLastSend);
        var takenAt = Application.Time.GetTimestamp();

        // Before the write: should it take effect and report a failure, the stored attempt is ours, and not sent.
        Entry.Knowledge = Entry.Knowledge.WithNotSent(next.Attempt!.Id, current.Attempt);
        try
        {
            if (!await Application.Store.TrySaveAsync(next, current.Version).ConfigureAwait(false))
            {
                return null;
            }
        }
        catch (AirwallexOAuthException)
        {
            // Nothing is sent unless a fresh read shows the attempt.
            var seen = await Application.Store.FindAsync(Entry.Key).ConfigureAwait(false);
            if (seen?.Version != next.Version)
            {
                throw;
            }
        }

        _trace.AttemptStored();
        return new Lease(Application, Timings, _trace, next, current.Attempt, takenAt);
    }

    private ConnectionState WithAttempt(ConnectionState current, bool isLastSend)
    {
        var effective = Entry.Knowledge.Effective(current.Attempt);
        var attempt = _rules.NextAttempt(Application.Jitter.NewId(), effective, isLastSend, Now);
        return current with
        {
            Version = Application.Jitter.NewId(),
            Attempt = attempt,
            RecoverAt = attempt.LeaseExpiresAt,
            TokenEndpoint = current.TokenEndpoint ?? TokenEndpoint,
        };
    }

    // ---- Step 4: send.

    private async Task<SendOutcome> SendAsync(Lease lease, bool isLastSend)
    {
        Entry.Knowledge = Entry.Knowledge.WithSent(lease.Attempt.Id);
        var isInDoubt = !isLastSend && Entry.Knowledge.Effective(lease.Before) is not null;
        var sender = new RefreshSender(Application, options, _rules, _trace);
        var outcome = await sender.SendAsync(lease, isInDoubt, isLastSend).ConfigureAwait(false);
        if (outcome is { Response: null, Refusal: null, IsInDoubt: false })
        {
            Entry.Knowledge = Entry.Knowledge.WithNotSent(lease.Attempt.Id, lease.Before);
        }

        return outcome;
    }
}
