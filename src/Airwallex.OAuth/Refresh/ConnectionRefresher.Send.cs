namespace Airwallex.OAuth;

/// <summary>Step 4 of a refresh: the request, its repetitions, and what becomes of the note when it fails.</summary>
internal partial class ConnectionRefresher
{
    /// <summary>The answer; null when the connection is to be read again.</summary>
    private async Task<TokenSet?> SendAsync(Account account, RefreshFlight flight, AirwallexConnection noted)
    {
        while (true)
        {
            TokenRequestException failure;
            try
            {
                return await SendOnceAsync(account, noted).ConfigureAwait(false);
            }
            catch (TokenRequestException exception)
            {
                failure = exception;
            }

            if (failure.IsInvalidGrant)
            {
                await RefusedAsync(account, flight, noted, failure).ConfigureAwait(false);
                return null;
            }

            flight.Note(failure);
            var pause = PauseBeforeRepeating(failure, flight.Retries++);
            if (!failure.IsTransient || flight.Retries > Options.MaxRetries
                || SendUntil(account, noted) - runtime.Now - pause < RefreshTimes.ShortestSend(Options))
            {
                await ReleaseAsync(account, flight, noted).ConfigureAwait(false);
                throw failure;
            }

            logger.RetryingTokenRequest(account.Id, pause, failure.Message);
            await runtime.Delay(pause).ConfigureAwait(false);

            // "Concurrent token refresh is not allowed": somebody has probably rotated.
            if (failure.IsTooManyRequests && !await StillOursAsync(account, noted).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async Task<TokenSet> SendOnceAsync(Account account, AirwallexConnection noted)
    {
        var unsent = account.Unsent;
        account.Unsent = null;
        try
        {
            // Step 6: no caller's cancellation reaches the request.
            var answer = await RequestAsync(account, noted, SendUntil(account, noted), CancellationToken.None).ConfigureAwait(false);
            return answer.AccountId == account.Id
                ? answer
                : throw new TokenRequestException(
                    $"The token endpoint answered the refresh of account {account.Id} with tokens of account {answer.AccountId}. They are not used and nothing was overwritten. Tell Airwallex's support.");
        }
        catch (TokenRequestException failure) when (failure.NothingSent || WasTurnedAway(failure))
        {
            account.Unsent = unsent;
            throw;
        }
    }

    internal virtual Task<TokenSet> RequestAsync(
        Account account, AirwallexConnection noted, DateTimeOffset endBy, CancellationToken cancellationToken) =>
        tokenClient().RefreshAsync(
            noted.Tokens.RefreshToken, $"the refresh of account {account.Id}", endBy, RefreshTimes.ShortestSend(Options), cancellationToken);

    // A 4xx is a decision not to rotate; a 5xx may have come after the rotation.
    private static bool WasTurnedAway(TokenRequestException failure) => (int?)failure.StatusCode is >= 400 and < 500;

    /// <summary>When a send must have ended: before the lease does, and before the grace period does unless that is over already.</summary>
    internal virtual DateTimeOffset SendUntil(Account account, AirwallexConnection noted)
    {
        var note = noted.PendingRefresh!;
        var leaseEnd = RefreshTimes.LeaseEnd(note, Options);
        var graceEnd = RefreshTimes.GraceEnd(note, Options);
        return account.Sighting is not null || leaseEnd < graceEnd ? leaseEnd : graceEnd;
    }

    private TimeSpan PauseBeforeRepeating(TokenRequestException failure, int retries)
    {
        var pause = failure.IsTooManyRequests
            ? runtime.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2))
            : runtime.Backoff(Options.RetryBaseDelay, retries, Options.MaxRetryDelay);
        return failure.RetryAfter > pause ? failure.RetryAfter.Value : pause;
    }

    private async Task<bool> StillOursAsync(Account account, AirwallexConnection noted) =>
        await records.FindAsync(account.Id).ConfigureAwait(false) is { } current && current.Version == noted.Version;

    /// <summary>Ends our lease early, so that whoever tries next need not wait for its end. Best effort: it ends by itself.</summary>
    private async Task ReleaseAsync(Account account, RefreshFlight flight, AirwallexConnection noted)
    {
        var note = account.Unsent is { } unsent
            ? unsent.Before
            : noted.PendingRefresh! with { LeaseExpiresAt = runtime.Now, AnsweredStatus = flight.AnsweredStatus };
        account.Unreleased = note;
        try
        {
            if (await records.TrySaveAsync(noted with { PendingRefresh = note }).ConfigureAwait(false))
            {
                (account.Unsent, account.Unreleased) = (null, null);
            }
        }
        catch (AirwallexOAuthException exception)
        {
            logger.ReleaseFailed(account.Id, exception);
        }
    }
}
