namespace Airwallex.OAuth;

/// <summary>Step 5: save, end on proof, hand out.</summary>
internal partial class RefreshOperation
{
    // ---- Step 5: save before anybody gets the token.

    protected virtual async Task<RefreshResult> SaveAsync(Lease lease, SendOutcome outcome)
    {
        var (sent, response) = (lease.Current, outcome.Response!);
        var loop = new SaveLoop(Application, Timings, Entry.Key);
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
        return stored is null ? throw new ConnectionNotFoundException(AccountId) : Finish(outcome, Usable(stored));
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
            throw await FailAsync(lease, failure, isInDoubt: false).ConfigureAwait(false);
        }

        var reason = ConnectionErrors.RefusalReason(refusal);
        var loop = new SaveLoop(Application, Timings, Entry.Key);
        var stored = await loop.RunAsync(
            lastRead: null,
            current => loop.HasWritten(current)
                ? SaveDecision.Keep(current)
                : _rules.DecideRefusal(current, sent, ForeignLeaseEnd(current), reason, Now),
            failure =>
            {
                Application.SavingFails(AccountId, failure, isFirst: false);
                _result.TrySetException(new ReauthorizationRequiredException(AccountId, reason, refusal));
            }).ConfigureAwait(false);
        if (loop.HasWritten(stored))
        {
            Application.ReportEnded(stored);
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
        var (token, tokens) = (Entry.Token, connection.Tokens);
        if (token.Value == tokens.AccessToken && token.ExpiresAtTicks == tokens.AccessTokenExpiresAt.UtcTicks)
        {
            return token;
        }

        var isReplacement = Request.Trigger == RefreshTrigger.Rejected && tokens.AccessToken != Request.RejectedToken;
        token = CachedAccessToken.From(tokens, options, Application.Jitter, isReplacement ? Now.UtcTicks : 0);
        if (Entry.TryPublish(_published, token))
        {
            _published = token;
        }

        return token;
    }
}
