namespace Airwallex.OAuth;

/// <summary>What becomes of a failure.</summary>
internal partial class RefreshOperation
{
    // ---- After a failure.

    /// <summary>Begins the cooldown, and ends our lease so that the next try need not wait for its end.</summary>
    private async Task<TokenRequestException> FailAsync(Lease lease, TokenRequestException failure, bool isInDoubt)
    {
        await lease.SettleAsync().ConfigureAwait(false);
        var attempt = isInDoubt ? lease.Attempt with { LeaseExpiresAt = Now } : Entry.Knowledge.Effective(lease.Before);
        var failures = (Entry.Cooldown?.Failures ?? 0) + 1;
        var length = _rules.CooldownAfter(
            Application.Jitter.Backoff(Timings.FirstCooldown, failures - 1, Timings.LongestCooldown),
            failure.RetryAfter,
            Now - attempt?.FirstSentAt);
        Entry.Cooldown = Application.NewCooldown(failures, length, failure, options, lease.Current);
        Entry.Knowledge = Entry.Knowledge.WithNotReleased(
            attempt is null ? null : attempt with { Id = lease.Attempt.Id });
        var released = lease.Current with
        {
            Version = Application.Jitter.NewId(),
            Attempt = attempt,
            RecoverAt = attempt is null ? null : _rules.RecoverAt(attempt, Entry.Cooldown.Until, Now),
        };
        try
        {
            if (await Application.Store.TrySaveAsync(released, lease.Current.Version).ConfigureAwait(false))
            {
                Entry.Knowledge = Entry.Knowledge.WithReleased();
            }
        }
        catch (AirwallexOAuthException exception)
        {
            Application.Log.ReleaseFailed(AccountId, exception);
        }

        return failure;
    }

    private void Report(AirwallexOAuthException failure)
    {
        if (failure is ConnectionNotFoundException or ReauthorizationRequiredException)
        {
            Entry.TryPublish(_published, CachedAccessToken.None());
            (Entry.Cooldown, Entry.Knowledge) = (null, AttemptKnowledge.None);
            _trace.End(failure is ConnectionNotFoundException ? "not_found" : "ended", failure);
        }
        else if (_hasOnlyLooked)
        {
            _trace.End("waiting");
        }
        else
        {
            var outcome = failure is TokenRequestException ? "rejected" : "failed";
            _trace.End(failure.IsTransient ? "transient" : outcome, failure);
            Application.RefreshFailed(Entry, Request.Trigger, failure);
        }
    }
}
