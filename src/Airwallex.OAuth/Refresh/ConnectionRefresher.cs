using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// The heart: one refresh of one connection, in six steps, such that no crash, lost answer or second instance can lose it. Thread-safe.
/// </summary>
/// <remarks>
/// The steps are internal and virtual so that the simulation can break each of them and show that it would notice; nothing
/// outside the tests derives from this class.
/// </remarks>
internal class ConnectionRefresher(
    Accounts accounts,
    ConnectionRecords records,
    Func<TokenClient> tokenClient,
    IOptionsMonitor<AirwallexOAuthOptions> options,
    RefreshRuntime runtime,
    ConnectionObservers observers,
    RefreshMetrics metrics,
    ILogger<ConnectionRefresher> logger)
{
    private static readonly TimeSpan FirstLeasePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestLeasePause = TimeSpan.FromSeconds(1);

    protected AirwallexOAuthOptions Options => options.CurrentValue;

    protected RefreshRuntime Runtime => runtime;

    protected ConnectionRecords Records => records;

    /// <summary>
    /// Starts a refresh of the account, or joins the one in flight. Cancelling frees the caller alone: the refresh belongs to
    /// nobody and goes on (step 6).
    /// </summary>
    public virtual async Task<RefreshResult> RunAsync(Account account, RefreshNeed need, CancellationToken cancellationToken)
    {
        var askedAt = runtime.Now;
        while (true)
        {
            RefreshFlight flight;
            var joined = false;
            await account.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            var gate = account.Gate;
            try
            {
                if (account.Retired)
                {
                    account = accounts.Get(account.Id);
                    continue;
                }

                if (account.Flight is { IsOver: false } running)
                {
                    (flight, joined) = (running, true);
                }
                else
                {
                    if (IsPaused(account))
                    {
                        throw account.Pause!.ToException(account.Id, runtime.Now);
                    }

                    flight = new RefreshFlight(need, account.Token, runtime.Continuations);
                    account.Flight = flight;
                    runtime.Start(() => FlyAsync(account, flight));
                }
            }
            finally
            {
                gate.Release();
            }

            var result = await runtime.Join(flight.Answer).WaitAsync(cancellationToken).ConfigureAwait(false);

            // Tokens issued since the caller asked are as fresh as can be, even when they expire at once by this machine's clock.
            if (!joined || need.IsMetBy(result.Connection, flight.First ?? result.Connection, runtime.Now, Options)
                || need.Trigger == RefreshTrigger.Forced || result.Connection.Tokens.IssuedAt >= askedAt)
            {
                return result;
            }

            if (!flight.IsOver && flight.SaveFailure is { } unsaved)
            {
                throw new AirwallexOAuthException(
                    $"The last tokens of account {account.Id} could not be saved yet and are used up; no refresh token is sent before they are. Repair the token store.", unsaved);
            }
        }
    }

    /// <summary>Whether the account's last refresh failed a moment ago.</summary>
    public bool IsPaused(Account account) => account.Pause is { } pause && !pause.IsOver(runtime.Now, Options);

    private async Task FlyAsync(Account account, RefreshFlight flight)
    {
        using var measured = metrics.Start(account.Id, flight.Need.Trigger);
        try
        {
            var result = await RefreshAsync(account, flight).ConfigureAwait(false);
            account.Pause = null;
            account.Sighting = result.Connection.PendingRefresh is null ? null : account.Sighting;
            flight.End(result);
        }
        catch (AirwallexOAuthException exception) when (exception is ConnectionNotFoundException or ReauthorizationRequiredException)
        {
            account.TryPublish(flight.Observed, AccessToken.None());
            (account.Pause, account.Sighting, account.Unsent) = (null, null, null);
            measured.Failed(exception);
            flight.End(exception);
        }
        catch (Exception exception)
        {
            var failure = exception as AirwallexOAuthException
                ?? new AirwallexOAuthException($"The refresh of account {account.Id} failed unexpectedly: {exception.Message}", exception);
            account.Pause = RefreshPause.After(account.Pause, failure, Options, runtime);
            logger.RefreshFailed(account.Id, flight.Need.Trigger, account.Pause.Until, failure);
            observers.Notify(ConnectionEventKind.RefreshFailed, account.Id, failure.Message, failure);
            measured.Failed(failure);
            flight.End(failure);
        }
    }

    /// <summary>A refresh, step by step.</summary>
    private async Task<RefreshResult> RefreshAsync(Account account, RefreshFlight flight)
    {
        for (var waits = 0; ;)
        {
            var current = await ReadAsync(account, flight).ConfigureAwait(false);
            if (IsDone(flight, current))
            {
                return Publish(account, flight, current);
            }

            OfferMeanwhile(account, flight, current);
            if (IsLeasedToAnother(account, current))
            {
                await WaitForLeaseAsync(current, waits++).ConfigureAwait(false);
                continue;
            }

            switch (await JudgeGraceAsync(account, flight, current).ConfigureAwait(false))
            {
                case GraceVerdict.ReadAgain:
                    continue;
                case GraceVerdict.NotYet:
                    return Publish(account, flight, current);
            }

            if (await WriteAheadAsync(account, flight, current).ConfigureAwait(false) is not { } noted)
            {
                continue;
            }

            if (await SendAsync(account, flight, noted).ConfigureAwait(false) is { } answer)
            {
                return await SaveAsync(account, flight, noted, answer).ConfigureAwait(false);
            }
        }
    }

    // ---- Step 1: read the connection.

    internal virtual async Task<AirwallexConnection> ReadAsync(Account account, RefreshFlight flight)
    {
        var current = await records.FindAsync(account.Id).ConfigureAwait(false)
            ?? throw new ConnectionNotFoundException(account.Id);
        if (account.Seen is { } seen && seen.ConnectedAt == current.ConnectedAt && current.Version < seen.Version)
        {
            throw ConnectionRecords.Broken(account.Id, $"it returned version {current.Version} after version {seen.Version}; versions only grow");
        }

        account.Seen = new SeenVersion(current.ConnectedAt, current.Version);
        flight.First ??= current;
        return current.Status == ConnectionStatus.Active
            ? current
            : throw new ReauthorizationRequiredException(account.Id, current.StatusReason ?? "The connection was ended.");
    }

    // An idle account whose access token is fresh in the store needs no refresh; nor does one that another instance has just refreshed.
    private bool IsDone(RefreshFlight flight, AirwallexConnection current) =>
        flight.Need.IsMetBy(current, flight.First ?? current, runtime.Now, Options);

    // Should the refresh fail, an access token that is still valid for a moment is better than none.
    private void OfferMeanwhile(Account account, RefreshFlight flight, AirwallexConnection current)
    {
        if (runtime.Now < current.Tokens.AccessTokenExpiresAt)
        {
            Publish(account, flight, current);
        }
    }

    // ---- Step 2: a live lease of another instance.

    internal virtual bool IsLeasedToAnother(Account account, AirwallexConnection current) =>
        current.PendingRefresh is { } note && note.LeaseExpiresAt > runtime.Now && !IsOwnLease(account, current);

    private static bool IsOwnLease(Account account, AirwallexConnection current) =>
        current.PendingRefresh?.AttemptId == account.LastAttemptId;

    private async Task WaitForLeaseAsync(AirwallexConnection current, int waits)
    {
        var leaseExpiresAt = current.PendingRefresh!.LeaseExpiresAt;
        logger.WaitingForLease(current.AccountId, leaseExpiresAt);
        var pause = runtime.Backoff(FirstLeasePause, waits, LongestLeasePause);
        var left = leaseExpiresAt - runtime.Now;
        await runtime.Delay(pause < left ? pause : left).ConfigureAwait(false);
    }

    // ---- After a crash: the answer was lost, and the grace period is over.

    internal virtual async ValueTask<GraceVerdict> JudgeGraceAsync(Account account, RefreshFlight flight, AirwallexConnection current)
    {
        if (NoteOf(account, current) is not { } note
            || RefreshTimes.GraceEnd(note, Options) - runtime.Now >= RefreshTimes.ShortestSend(Options))
        {
            account.Sighting = null;
            return GraceVerdict.Send;
        }

        // An instance that holds the answer and could not save it while the store was down comes first.
        if (account.Sighting is not { } sighting || sighting.AttemptId != note.AttemptId || sighting.Version != current.Version)
        {
            sighting = (note.AttemptId, current.Version, runtime.Now);
            account.Sighting = sighting;
        }

        var attemptAt = sighting.At + RefreshTimes.SightingInterval(Options);
        if (runtime.Now >= attemptAt)
        {
            if (Options.GraceExceeded == GraceExceededBehavior.Attempt || note.AnsweredStatus is not null)
            {
                return GraceVerdict.Send;
            }

            await EndConnectionAsync(
                account, flight, current, "The answer to a refresh was lost for longer than Airwallex's grace period.").ConfigureAwait(false);
            return GraceVerdict.ReadAgain;
        }

        logger.GraceExceeded(account.Id, attemptAt);
        if (flight.Need.Trigger == RefreshTrigger.Recovery)
        {
            return GraceVerdict.NotYet; // The recovery loop comes again, and has others to look after.
        }

        await runtime.Delay(attemptAt - runtime.Now).ConfigureAwait(false);
        return GraceVerdict.ReadAgain;
    }

    internal enum GraceVerdict
    {
        Send,
        ReadAgain,
        NotYet,
    }

    /// <summary>The note that stands, unless it is one of ours that surely sent nothing: then the one before it.</summary>
    private static RefreshAttempt? NoteOf(Account account, AirwallexConnection current) =>
        account.Unsent is { } unsent && unsent.AttemptId == current.PendingRefresh?.AttemptId ? unsent.Before : current.PendingRefresh;

    // ---- Step 3: write ahead.

    /// <summary>The connection with our note in the store; null when the swap was lost.</summary>
    internal virtual async Task<AirwallexConnection?> WriteAheadAsync(Account account, RefreshFlight flight, AirwallexConnection current)
    {
        var noted = WithNote(account, current);
        flight.MayRepeatALostOne = NoteOf(account, current) is not null;

        // Before the write: should it take effect and report a failure, the note that stands is known to be ours, and unsent.
        account.Unsent = (noted.PendingRefresh!.AttemptId, NoteOf(account, current));
        account.LastAttemptId = noted.PendingRefresh.AttemptId;
        return await records.TrySaveAsync(noted).ConfigureAwait(false)
            ? noted with { Version = noted.Version + 1 }
            : null;
    }

    internal virtual AirwallexConnection WithNote(Account account, AirwallexConnection current) => current with
    {
        PendingRefresh = new RefreshAttempt
        {
            AttemptId = runtime.NewId(),
            // The grace period counts from the first time that this refresh token may have been spent.
            FirstSentAt = NoteOf(account, current)?.FirstSentAt ?? runtime.Now,
            LeaseExpiresAt = runtime.Now + Options.RefreshLease,
        },
    };

    // ---- Step 4: send.

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

            flight.MayRepeatALostOne |= account.Unsent is null;
            var pause = PauseBeforeRepeating(failure, flight.Retries++);
            if (!failure.IsTransient || flight.Retries > Options.MaxRetries
                || SendUntil(account, noted) - runtime.Now - pause < RefreshTimes.ShortestSend(Options))
            {
                await ReleaseAsync(account, noted, failure).ConfigureAwait(false);
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
    private async Task ReleaseAsync(Account account, AirwallexConnection noted, TokenRequestException failure)
    {
        var answered = (int?)failure.StatusCode >= 400 ? (int?)failure.StatusCode : null;
        var note = account.Unsent is { } unsent
            ? unsent.Before
            : noted.PendingRefresh! with { LeaseExpiresAt = runtime.Now, AnsweredStatus = answered };
        try
        {
            if (await records.TrySaveAsync(noted with { PendingRefresh = note }).ConfigureAwait(false))
            {
                account.Unsent = null;
            }
        }
        catch (AirwallexOAuthException exception)
        {
            logger.ReleaseFailed(account.Id, exception);
        }
    }

    // ---- A permanent refusal.

    /// <summary>Ends the connection, if a fresh read still shows the refresh token that was refused.</summary>
    internal virtual Task RefusedAsync(Account account, RefreshFlight flight, AirwallexConnection noted, TokenRequestException failure) =>
        EndConnectionAsync(account, flight, noted, $"Airwallex refused the refresh token ({failure.Error}{(failure.ErrorDescription is { } text ? $": {text}" : "")}).", failure);

    private async Task EndConnectionAsync(
        Account account, RefreshFlight flight, AirwallexConnection noted, string reason, Exception? cause = null)
    {
        var tried = false;
        var stands = await records.SwapUntilStoredAsync(
            account.Id,
            lastRead: null,
            decide: current =>
            {
                if (current is not { Status: ConnectionStatus.Active } || current.Tokens.RefreshToken != noted.Tokens.RefreshToken)
                {
                    return current;
                }

                tried = true;
                return current with { Status = ConnectionStatus.ReauthorizationRequired, StatusReason = reason, PendingRefresh = null };
            },
            waitFor: current => LeaseToWaitFor(account, current),
            onFailure: exception =>
            {
                logger.SavingFails(account.Id, exception);
                flight.FailFromMemory(new ReauthorizationRequiredException(account.Id, reason, cause), exception);
            }).ConfigureAwait(false);

        if (tried && stands?.Status == ConnectionStatus.ReauthorizationRequired)
        {
            logger.ReauthorizationRequired(account.Id, reason);
            observers.Notify(ConnectionEventKind.ReauthorizationRequired, account.Id, reason);
        }
    }

    // ---- Step 5: save before anybody gets the token.

    internal virtual async Task<RefreshResult> SaveAsync(Account account, RefreshFlight flight, AirwallexConnection noted, TokenSet answer)
    {
        var stands = await records.SwapUntilStoredAsync(
            account.Id,
            lastRead: noted,
            decide: current => Successor(current, noted, answer),
            waitFor: current => current.Tokens.RefreshToken == noted.Tokens.RefreshToken ? LeaseToWaitFor(account, current) : null,
            onFailure: exception => ServeFromMemory(account, flight, noted, answer, exception)).ConfigureAwait(false)
            ?? throw new ConnectionNotFoundException(account.Id);

        if (flight.SaveFailure is not null)
        {
            logger.SavedAfterAll(account.Id);
        }

        if (stands.Status != ConnectionStatus.Active)
        {
            throw new ReauthorizationRequiredException(account.Id, stands.StatusReason ?? "The connection was ended.");
        }

        if (stands.Tokens.RefreshToken == answer.RefreshToken)
        {
            ReportSuccess(account, flight, answer);
        }

        return Publish(account, flight, stands);
    }

    /// <summary>What to write in place of the connection that stands now; itself when it is to stand.</summary>
    internal virtual AirwallexConnection? Successor(AirwallexConnection? current, AirwallexConnection noted, TokenSet answer)
    {
        // Gone, ended, or with another refresh token, be it of a customer who connected again or of an instance that saved its
        // answer: theirs stands. Only while the spent one stands there, new note or not, ours is its successor.
        if (current is not { Status: ConnectionStatus.Active } || current.Tokens.RefreshToken != noted.Tokens.RefreshToken
            || current.Tokens.AccessToken == answer.AccessToken)
        {
            return current;
        }

        return current with
        {
            Tokens = answer,
            PendingRefresh = current.PendingRefresh?.AttemptId == noted.PendingRefresh!.AttemptId ? null : DoubtAbout(noted.PendingRefresh),
            RenewAt = RenewalSchedule.RenewAt(answer, Options.KeepAlive),
        };
    }

    /// <summary>
    /// While our answer could not be saved, another instance may have sent the spent token again, and Airwallex may have issued yet
    /// another pair, which supersedes ours: then ours, too, lives for a grace period only. The note has it refreshed at once.
    /// </summary>
    private RefreshAttempt DoubtAbout(RefreshAttempt ours) => new()
    {
        AttemptId = runtime.NewId(),
        FirstSentAt = ours.LeaseExpiresAt, // Nobody else can have sent anything before our lease was over.
        LeaseExpiresAt = runtime.Now,
        AnsweredStatus = (int)HttpStatusCode.OK,
    };

    private DateTimeOffset? LeaseToWaitFor(Account account, AirwallexConnection current) =>
        IsLeasedToAnother(account, current) ? current.PendingRefresh!.LeaseExpiresAt : null;

    private void ServeFromMemory(Account account, RefreshFlight flight, AirwallexConnection noted, TokenSet answer, Exception saveFailure)
    {
        logger.SavingFails(account.Id, saveFailure);
        if (flight.SaveFailure is null)
        {
            flight.AnswerFromMemory(Publish(account, flight, noted with { Tokens = answer }), saveFailure);
        }
    }

    private RefreshResult Publish(Account account, RefreshFlight flight, AirwallexConnection connection)
    {
        var token = account.Token;
        if (token.Value != connection.Tokens.AccessToken)
        {
            token = AccessToken.From(connection.Tokens, Options, runtime);
            if (account.TryPublish(flight.Observed, token))
            {
                flight.Observed = token;
            }
        }

        return new RefreshResult(connection, token);
    }

    private void ReportSuccess(Account account, RefreshFlight flight, TokenSet answer)
    {
        if (flight.MayRepeatALostOne)
        {
            logger.Recovered(account.Id);
            observers.Notify(ConnectionEventKind.Recovered, account.Id);
        }
        else
        {
            logger.Refreshed(account.Id, flight.Need.Trigger, answer.AccessTokenExpiresAt);
            observers.Notify(ConnectionEventKind.Refreshed, account.Id);
        }
    }
}
