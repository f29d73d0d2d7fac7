namespace Airwallex.OAuth;

/// <summary>Step 5, and what else becomes of a send: save, hand out, end on proof, cool down.</summary>
internal partial class RefreshOperation
{
    /// <summary>Saves the response before anybody gets the token.</summary>
    protected virtual async Task<RefreshResult> SaveAsync(Lease lease, SendOutcome outcome)
    {
        var (sent, response) = (lease.Current, outcome.Response!);
        var loop = new SaveLoop(application, Timings, entry.Key);
        var renewAt = RenewalSchedule.RenewAt(response, options.KeepAlive);
        if (response.Oddities is { } oddities)
        {
            application.Log.OddTokenResponse(AccountId, oddities);
        }

        ConnectionState? stored;
        try
        {
            stored = await loop.RunAsync(
                current => _rules.DecideSave(current, sent, response, loop.Written, renewAt, Now),
                failure => ServeFromMemory(sent, outcome, failure),
                lastRead: sent).ConfigureAwait(false);
        }
        finally
        {
            application.ResponseSaved(SaveFailure is not null, AccountId);
        }

        (entry.Knowledge, entry.Cooldown) = (AttemptKnowledge.None, null);
        _trace.Saved();
        return stored is null ? throw new ConnectionNotFoundException(AccountId) : Finish(outcome, Usable(stored));
    }

    private void ServeFromMemory(ConnectionState sent, SendOutcome outcome, AirwallexOAuthException failure)
    {
        application.SavingFails(AccountId, failure, isFirst: SaveFailure is null);
        if (SaveFailure is null)
        {
            SaveFailure = failure;
            var unsaved = sent with { Tokens = outcome.Response! };
            _result.TrySetResult(new RefreshResult(unsaved, Publish(unsaved), outcome.SentAt));
        }
    }

    private RefreshResult Finish(SendOutcome outcome, ConnectionState stored)
    {
        if (stored.Tokens.RefreshToken != outcome.Response!.RefreshToken)
        {
            return Done(stored, "superseded", outcome.SentAt);
        }

        var isRecovered = outcome.IsInDoubt;
        var result = Done(stored, isRecovered ? "recovered" : "refreshed", outcome.SentAt);
        application.Log.Refreshed(AccountId, Request.Trigger, stored.Tokens.AccessTokenExpiresAt, isRecovered);
        application.Notify(isRecovered ? ConnectionEventKind.Recovered : ConnectionEventKind.Refreshed, entry.Key);
        return result;
    }

    /// <summary>Ends the connection, if a fresh read still shows the refresh token that was refused.</summary>
    protected virtual async Task EndConnectionAsync(Lease lease, TokenRequestException refusal)
    {
        var sent = lease.Current;
        if (sent.TokenEndpoint is { } issuer && issuer != TokenEndpoint)
        {
            var failure = ConnectionErrors.RefusedElsewhere(AccountId, TokenEndpoint, issuer, refusal);
            throw await FailAsync(lease, failure, isInDoubt: false).ConfigureAwait(false);
        }

        var reason = ConnectionErrors.RefusalReason(refusal);
        var loop = new SaveLoop(application, Timings, entry.Key);
        var stored = await loop.RunAsync(
            current => _rules.DecideRefusal(current, sent, ForeignLeaseEnd(current), reason, Now),
            failure =>
            {
                application.SavingFails(AccountId, failure, isFirst: false);
                _result.TrySetException(new ReauthorizationRequiredException(AccountId, reason, refusal));
            }).ConfigureAwait(false);
        if (loop.HasWritten(stored))
        {
            application.ReportEnded(stored);
        }
    }

    private RefreshResult Done(ConnectionState current, string outcome, long? sentAt = null)
    {
        _trace.End(outcome);
        return new RefreshResult(current, Publish(current), sentAt);
    }

    private CachedAccessToken Publish(ConnectionState connection)
    {
        var (token, tokens) = (entry.Token, connection.Tokens);
        if (token.Value == tokens.AccessToken && token.ExpiresAtTicks == tokens.AccessTokenExpiresAt.UtcTicks)
        {
            return token;
        }

        var isReplacement = Request.Trigger == RefreshTrigger.Rejected && tokens.AccessToken != Request.RejectedToken;
        token = CachedAccessToken.From(tokens, options, application.Jitter, isReplacement ? Now.UtcTicks : 0);
        if (entry.TryPublish(_published, token))
        {
            _published = token;
        }

        return token;
    }

    /// <summary>After a failure: begins the cooldown, and ends our lease so that the next try need not wait.</summary>
    private async Task<TokenRequestException> FailAsync(Lease lease, TokenRequestException failure, bool isInDoubt)
    {
        await lease.SettleAsync().ConfigureAwait(false);
        var attempt = isInDoubt ? lease.Attempt with { LeaseExpiresAt = Now } : Effective(lease.Before);
        var failures = (entry.Cooldown?.Failures ?? 0) + 1;
        var backoff = application.Jitter.Backoff(Timings.FirstCooldown, failures - 1, Timings.LongestCooldown);
        var length = _rules.CooldownAfter(backoff, failure.RetryAfter, Now - attempt?.FirstSentAt);
        entry.Cooldown = application.NewCooldown(failures, length, failure, options, lease.Current);
        entry.Knowledge = entry.Knowledge.WithNotReleased(
            attempt is null ? null : attempt with { Id = lease.Attempt.Id });
        var released = lease.Current with
        {
            Version = application.Jitter.NewId(),
            Attempt = attempt,
            RecoverAt = attempt is not null ? _rules.RecoverAt(attempt, entry.Cooldown.Until, Now)
                : lease.Before is { Attempt: null, RecoverAt: not null } ? Now : null, // What was due stays due.
        };
        try
        {
            if (await application.Store.TrySaveAsync(released, lease.Current.Version).ConfigureAwait(false))
            {
                entry.Knowledge = entry.Knowledge.WithReleased();
            }
        }
        catch (AirwallexOAuthException exception)
        {
            application.Log.ReleaseFailed(AccountId, exception);
        }

        return failure;
    }

    private void Report(AirwallexOAuthException failure)
    {
        if (failure is ConnectionNotFoundException or ReauthorizationRequiredException)
        {
            entry.TryPublish(_published, CachedAccessToken.None());
            (entry.Cooldown, entry.Knowledge) = (null, AttemptKnowledge.None);
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
            application.RefreshFailed(entry, Request.Trigger, failure);
        }
    }
}
