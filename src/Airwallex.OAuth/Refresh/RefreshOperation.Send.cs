namespace Airwallex.OAuth;

/// <summary>Steps 2 to 4: decide, write ahead, send.</summary>
internal partial class RefreshOperation
{
    /// <summary>Step 2: a live lease of another instance, or a grace period that is over.</summary>
    private SendDecision Decide(ConnectionState current)
    {
        var foreignLeaseEnd = ForeignLeaseEnd(current);
        var observedFor = entry.Knowledge.ObservedFor(current.Attempt, application.Time);
        return _rules.DecideSend(Effective(current), foreignLeaseEnd, observedFor, Now);
    }

    private RefreshAttempt? Effective(ConnectionState current) => entry.Knowledge.Effective(current.Attempt);

    /// <summary>Looks until when another instance alone may send; null when none may.</summary>
    private DateTimeOffset? ForeignLeaseEnd(ConnectionState? current)
    {
        if (current?.Attempt is not { } attempt)
        {
            return current?.RecoverAt; // Saved over an attempt whose response, a later pair, may still come.
        }

        entry.Knowledge = entry.Knowledge.WithLook(attempt, application.Time, Timings);
        return entry.Knowledge.ForeignLeaseEnd(attempt, Now, application.Time, Timings);
    }

    private bool IsDeferred(SendDecision decision) =>
        Request.DoesNotWait && !(Request.IsAlone && decision.Kind == SendDecisionKind.Observe);

    private async Task WaitAsync(SendDecision decision, int waits)
    {
        if (decision.Kind == SendDecisionKind.WaitForLease)
        {
            _trace.LeaseWait();
            application.Log.WaitingForLease(AccountId, decision.Until);
            await application.WaitForLeaseAsync(decision.Until, waits, Timings).ConfigureAwait(false);
            return;
        }

        var left = decision.Until - Now;
        application.Log.GraceExceeded(AccountId, decision.Until);
        if (!Request.IsAlone)
        {
            _hasOnlyLooked = true;
            throw ConnectionErrors.GraceExceeded(AccountId, decision.Until, left);
        }

        await application.DelayAsync(left.AtMost(Timings.RecoveryInterval)).ConfigureAwait(false);
    }

    /// <summary>Step 3, write ahead: our attempt in the store; null when the swap was lost.</summary>
    protected virtual async Task<Lease?> WriteAheadAsync(ConnectionState current, bool isLastSend)
    {
        var attempt = _rules.NextAttempt(application.Jitter.NewId(), Effective(current), isLastSend, Now);
        var next = current with
        {
            Version = application.Jitter.NewId(),
            Attempt = attempt,
            RecoverAt = attempt.LeaseExpiresAt,
            TokenEndpoint = current.TokenEndpoint ?? TokenEndpoint,
        };
        var takenAt = application.Time.GetTimestamp();

        // Before the write: should it take effect and report a failure, the stored attempt is ours, and not sent.
        entry.Knowledge = entry.Knowledge.WithNotSent(attempt.Id, current.Attempt);
        try
        {
            if (!await application.Store.TrySaveAsync(next, current.Version).ConfigureAwait(false))
            {
                return null;
            }
        }
        catch (AirwallexOAuthException)
        {
            // Nothing is sent unless a fresh read shows the attempt.
            var seen = await application.Store.FindAsync(entry.Key).ConfigureAwait(false);
            if (seen?.Version != next.Version)
            {
                throw;
            }
        }

        _trace.AttemptStored();
        return new Lease(application, Timings, _trace, next, current, takenAt);
    }

    /// <summary>Step 4: send.</summary>
    private async Task<SendOutcome> SendAsync(Lease lease, bool isLastSend)
    {
        entry.Knowledge = entry.Knowledge.WithSent(lease.Attempt.Id);
        var isInDoubt = !isLastSend && Effective(lease.Before) is not null;
        var sender = new RefreshSender(application, options, _rules, _trace);
        var outcome = await sender.SendAsync(lease, isInDoubt, isLastSend).ConfigureAwait(false);
        if (outcome is { Response: null, Refusal: null, IsInDoubt: false })
        {
            entry.Knowledge = entry.Knowledge.WithNotSent(lease.Attempt.Id, lease.Before.Attempt);
        }

        return outcome;
    }
}
