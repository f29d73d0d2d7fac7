using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// One connect: exchange the code, let the application look at the account, save. It belongs to no caller: a response
/// that arrives is saved when the caller has long been told.
/// </summary>
internal sealed class ConnectOperation(
    AirwallexApplication application, AirwallexOAuthOptions options, string code, ConnectOptions connect)
{
    private readonly RefreshTimings _timings = AirwallexApplication.TimingsOf(options);
    private readonly TaskCompletionSource<AirwallexConnection> _result = new(application.Tasks.Continuations);

    /// <summary>What the caller waits for.</summary>
    public Task<AirwallexConnection> Result => _result.Task;

    public async Task RunAsync()
    {
        var outcome = "exchange_failed";
        try
        {
            var tokens = await ExchangeAsync().ConfigureAwait(false);
            outcome = "refused";
            await AskApplicationAsync(tokens).ConfigureAwait(false);
            outcome = "save_failed";
            var stored = await SaveAsync(tokens).ConfigureAwait(false);
            outcome = "connected";
            _result.TrySetResult(stored.ToConnection());
        }
        catch (Exception exception)
        {
            application.Log.ConnectFailed(outcome, exception);
            _result.TrySetException(exception);
        }
        finally
        {
            application.Telemetry.Connect(outcome);
            _ = _result.Task.Exception; // Seen: the caller may have given up, and it was logged.
        }
    }

    /// <summary>
    /// A code is sent again only when it was definitely not used: nothing was sent, or the response says that the
    /// endpoint failed. In the second case the worst that can come of it is the refusal that giving up would mean
    /// anyway.
    /// </summary>
    private async Task<TokenSet> ExchangeAsync()
    {
        for (var retries = 0; ; retries++)
        {
            var startedAt = application.Time.GetTimestamp();
            TokenRequestException failure;
            try
            {
                var tokens = await application.Tasks.CallAsync(() => application.TokenClient().ExchangeAsync(
                    options, code, connect.RedirectUri, connect.CodeVerifier, _timings.CodeResponseTimeout,
                    CancellationToken.None)).ConfigureAwait(false);
                Report(null, startedAt);
                return tokens;
            }
            catch (TokenRequestException exception)
            {
                failure = exception;
                Report(failure, startedAt);
            }

            var delay = application.Jitter.Backoff(_timings.FirstRetryDelay, retries, _timings.LongestRetryDelay);
            delay = delay.AtLeast(failure.RetryAfter ?? delay);
            var mayRetry = failure.RequestNotSent || (int?)failure.StatusCode is 429 or >= 500;
            if (!failure.IsTransient || !mayRetry || retries >= RefreshTimings.MaxRetries || delay > _timings.Lease)
            {
                throw failure;
            }

            await application.DelayAsync(delay).ConfigureAwait(false);
        }

        void Report(TokenRequestException? failure, long startedAt)
        {
            application.Telemetry.TokenRequest(
                "authorization_code", failure, application.Time.GetElapsedTime(startedAt));
            application.Credentials.Report(options.ClientId, options.ClientSecret, failure);
        }
    }

    /// <summary>The one exception to "saved first and judged afterwards": the customer is there.</summary>
    private async Task AskApplicationAsync(TokenSet tokens)
    {
        if (connect.OnConnecting is not { } onConnecting)
        {
            return;
        }

        var key = KeyOf(tokens);
        ConnectionState? existing = null;
        var askedAt = application.Time.GetTimestamp();
        try
        {
            // A store that fails now must not cost the tokens: the application is asked once it responds.
            existing = await new SaveLoop(application, _timings, key).RunAsync(
                SaveDecision.Keep, failure => TellCaller(key.AccountId, failure, askedAt)).ConfigureAwait(false);
            var account = new ConnectingAccount
            {
                AccountId = tokens.AccountId,
                Scopes = tokens.Scopes,
                Existing = existing?.ToConnection(),
            };
            await application.Tasks.CallAsync(
                async stop =>
                {
                    await onConnecting(account, stop).ConfigureAwait(false);
                    return true;
                },
                _timings.OnConnectingTimeout, application.Time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception) when (existing is { IsActive: true, IsReadable: true })
        {
            // The new consent may have ended the tokens of the connection that stays.
            await application.Changes.AskForProofAsync(tokens.AccountId, RefreshTrigger.Forced).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<ConnectionState> SaveAsync(TokenSet tokens)
    {
        var connecting = application.Changes.NewConnection(tokens, options);
        var key = connecting.Key;
        var loop = new SaveLoop(application, _timings, key);
        var startedAt = application.Time.GetTimestamp();
        var (replaced, hasFailed) = ((string?)null, false);
        ConnectionState? stored;
        try
        {
            stored = await loop.RunAsync(
                current =>
                {
                    var decision = application.CreateRules(options).DecideConnect(
                        current, connecting, replaced, hasFailed);
                    replaced = decision.Kind == SaveDecisionKind.Write ? current?.AuthorizationId ?? "" : replaced;
                    return decision;
                },
                failure =>
                {
                    application.SavingFails(key.AccountId, failure, isFirst: !hasFailed);
                    hasFailed = true;
                    TellCaller(key.AccountId, failure, startedAt);
                }).ConfigureAwait(false);
        }
        finally
        {
            application.ResponseSaved(hasFailed, key.AccountId);
        }

        application.Changes.Publish(stored!, options);
        if (stored!.AuthorizationId == connecting.AuthorizationId)
        {
            application.Log.Connected(key.AccountId);
            application.Notify(ConnectionEventKind.Connected, key);
        }

        return stored;
    }

    private void TellCaller(string accountId, AirwallexOAuthException failure, long startedAt)
    {
        if (application.Time.GetElapsedTime(startedAt) >= _timings.FirstResponseTimeout)
        {
            _result.TrySetException(new AirwallexOAuthException(
                $"Account {accountId} authorized, but its connection cannot be saved: the token store fails. "
                + "Saving is tried for as long as this process lives. Repair the store.", failure)
            {
                AccountId = accountId,
                IsTransient = failure.IsTransient,
            });
        }
    }

    private ConnectionKey KeyOf(TokenSet tokens) => new() { AccountId = tokens.AccountId, ClientId = options.ClientId };
}
