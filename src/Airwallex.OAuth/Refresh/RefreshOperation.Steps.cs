namespace Airwallex.OAuth;

/// <summary>Steps 3 to 5: write ahead, send, save; and what becomes of a failure.</summary>
internal partial class RefreshOperation
{
    // ---- Step 3: write ahead.

    /// <summary>Our attempt in the store; null when the swap was lost.</summary>
    protected virtual async Task<Lease?> WriteAheadAsync(ConnectionState current, bool isLastSend)
    {
        var next = WithAttempt(current, isLastSend);
        var takenAt = Application.Time.GetTimestamp();

        // Before the write: should it take effect and report a failure, the stored attempt is known to be ours, and not sent.
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
        return new Lease(Application, _timings, _trace, next, current.Attempt, takenAt);
    }

    protected ConnectionState WithAttempt(ConnectionState current, bool isLastSend)
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

    private string TokenEndpoint => AirwallexEndpoints.For(options).TokenEndpoint.AbsoluteUri;

    // ---- Step 4: send.

    private async Task<SendOutcome> SendAsync(Lease lease, bool isLastSend)
    {
        var isInDoubt = !isLastSend && Entry.Knowledge.WithSent(lease.Attempt.Id).Effective(lease.Before) is not null;
        Entry.Knowledge = Entry.Knowledge.WithSent(lease.Attempt.Id);
        var sender = new RefreshSender(Application, options, _rules, _timings, _trace);
        var outcome = await sender.SendAsync(lease, isInDoubt, isLastSend).ConfigureAwait(false);
        if (outcome is { Response: null, Refusal: null, IsInDoubt: false })
        {
            Entry.Knowledge = Entry.Knowledge.WithNotSent(lease.Attempt.Id, lease.Before);
        }

        return outcome;
    }

    // ---- Step 5: save before anybody gets the token.

    protected virtual async Task<RefreshResult> SaveAsync(Lease lease, SendOutcome outcome)
    {
        var (sent, response) = (lease.Current, outcome.Response!);
        var loop = new SaveLoop(Application, _timings, Entry.Key);
        var renewAt = RenewalSchedule.RenewAt(response, options.KeepAlive);
        if (response.Oddities is { } oddities)
        {
            Application.Log.OddTokenResponse(AccountId, oddities);
        }

        ConnectionState? stored;
        try
        {
            stored = await loop.RunAsync(
                sent,
                current => _rules.DecideSave(current, sent, response, loop.Written, renewAt, Now),
                failure => ServeFromMemory(sent, outcome, failure)).ConfigureAwait(false);
        }
        finally
        {
            Application.ResponseSaved(SaveFailure is not null, AccountId);
        }

        (Entry.Knowledge, Entry.Cooldown) = (AttemptKnowledge.None, null);
        _trace.Saved();
        return stored switch
        {
            null => throw new ConnectionNotFoundException(AccountId),
            { IsReadable: false } => throw ConnectionErrors.Unreadable(AccountId),
            { IsActive: false } => throw ConnectionErrors.Ended(stored),
            _ => Finish(outcome, stored),
        };
    }

    private void ServeFromMemory(ConnectionState sent, SendOutcome outcome, AirwallexOAuthException failure)
    {
        Application.SavingFails(AccountId, failure, isFirst: SaveFailure is null);
        if (SaveFailure is null)
        {
            SaveFailure = failure;
            var unsaved = sent with { Tokens = outcome.Response! };
            _result.TrySetResult(new RefreshResult(unsaved, Publish(unsaved), outcome.SentAt));
        }
    }

    private RefreshResult Finish(SendOutcome outcome, ConnectionState stored)
    {
        var result = new RefreshResult(stored, Publish(stored), outcome.SentAt);
        if (stored.Tokens.RefreshToken != outcome.Response!.RefreshToken)
        {
            _trace.End("superseded");
            return result;
        }

        var isRecovered = outcome.IsInDoubt;
        _trace.End(isRecovered ? "recovered" : "refreshed");
        Application.Log.Refreshed(AccountId, Request.Trigger, stored.Tokens.AccessTokenExpiresAt, isRecovered);
        Application.Notify(isRecovered ? ConnectionEventKind.Recovered : ConnectionEventKind.Refreshed, Entry.Key);
        return result;
    }

    /// <summary>Ends the connection, if a fresh read still shows the refresh token that was refused.</summary>
    protected virtual async Task EndConnectionAsync(Lease lease, TokenRequestException refusal)
    {
        var sent = lease.Current;
        if (sent.TokenEndpoint is { } issuer && issuer != TokenEndpoint)
        {
            var failure = ConnectionErrors.RefusedElsewhere(AccountId, TokenEndpoint, issuer, refusal);
            throw await FailAsync(lease, SendOutcome.Failed(failure, isInDoubt: false)).ConfigureAwait(false);
        }

        var said = refusal.ErrorDescription is { } text ? $"{refusal.Error}: {text}" : refusal.Error;
        var reason = $"Airwallex refused the refresh token ({said}).";
        var loop = new SaveLoop(Application, _timings, Entry.Key);
        var stored = await loop.RunAsync(
            lastRead: null,
            current => current is not null && loop.Written.Contains(current.Version)
                ? SaveDecision.Keep(current)
                : _rules.DecideRefusal(current, sent, current is null ? null : ForeignLeaseEnd(current), reason, Now),
            failure =>
            {
                Application.SavingFails(AccountId, failure, isFirst: false);
                _result.TrySetException(new ReauthorizationRequiredException(AccountId, reason, refusal));
            }).ConfigureAwait(false);
        if (stored is not null && loop.Written.Contains(stored.Version))
        {
            Application.ReportEnded(stored);
        }
    }

    // ---- After a failure.

    /// <summary>Begins the cooldown, and ends our lease so that the next try need not wait for its end.</summary>
    private async Task<TokenRequestException> FailAsync(Lease lease, SendOutcome outcome)
    {
        var failure = outcome.Failure!;
        await lease.SettleAsync().ConfigureAwait(false);
        var attempt = outcome.IsInDoubt ? lease.Attempt with { LeaseExpiresAt = Now } : Entry.Knowledge.Effective(lease.Before);
        var failures = (Entry.Cooldown?.Failures ?? 0) + 1;
        var length = _rules.CooldownAfter(
            Application.Jitter.Backoff(_timings.FirstCooldown, failures - 1, _timings.LongestCooldown),
            failure.RetryAfter,
            attempt is null ? null : Now - attempt.FirstSentAt);
        Entry.Cooldown = Application.NewCooldown(failures, length, failure, options, lease.Current);
        Entry.Knowledge = Entry.Knowledge.WithNotReleased(attempt is null ? null : attempt with { Id = lease.Attempt.Id });
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
            _trace.End(
                failure.IsTransient ? "transient" : failure is TokenRequestException ? "rejected" : "failed", failure);
            Application.RefreshFailed(Entry, Request.Trigger, failure);
        }
    }

    // ---- Handing out.

    private RefreshResult Done(ConnectionState current, string outcome)
    {
        _trace.End(outcome);
        return new RefreshResult(current, Publish(current), SentAt: null);
    }

    private CachedAccessToken Publish(ConnectionState connection)
    {
        var token = Entry.Token;
        if (token.Value == connection.Tokens.AccessToken && token.ExpiresAtTicks == connection.Tokens.AccessTokenExpiresAt.UtcTicks)
        {
            return token;
        }

        var replacedAt = Request.Trigger == RefreshTrigger.Rejected && connection.Tokens.AccessToken != Request.RejectedToken ? Now.UtcTicks : 0;
        token = CachedAccessToken.From(connection.Tokens, options, Application.Jitter, replacedAt);
        if (Entry.TryPublish(_published, token))
        {
            _published = token;
        }

        return token;
    }
}
