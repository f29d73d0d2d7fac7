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
internal partial class ConnectionRefresher(
    Accounts accounts,
    ConnectionRecords records,
    Func<TokenClient> tokenClient,
    IOptionsMonitor<AirwallexOAuthOptions> options,
    RefreshRuntime runtime,
    ConnectionObservers observers,
    RefreshMetrics metrics,
    ILogger<ConnectionRefresher> logger)
{
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
            (account.Pause, account.Sighting, account.Unsent, account.Unreleased) = (null, null, null, null);
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
        finally
        {
            // Whatever else fails here, a logger say, must not leave callers waiting for ever.
            flight.EndAnyhow();
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
        current.PendingRefresh is { } note && (note.AttemptId == account.LastAttemptId || IsUnsent(account, note));

    private async Task WaitForLeaseAsync(AirwallexConnection current, int waits)
    {
        var leaseExpiresAt = current.PendingRefresh!.LeaseExpiresAt;
        logger.WaitingForLease(current.AccountId, leaseExpiresAt);
        await records.WaitForLeaseAsync(leaseExpiresAt, waits).ConfigureAwait(false);
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

        // An instance that holds the answer and could not save it while the store was down comes first: the note must have been seen
        // unchanged for a while, and all the while, because a gap may be one in which the store was down for everybody.
        var now = runtime.Now;
        var interval = RefreshTimes.SightingInterval(Options);
        var before = account.Sighting;
        var goesOn = before?.AttemptId == note.AttemptId && before.Version == current.Version && now - before.Last < RefreshTimes.LongestSightingGap(Options);
        var sighting = new NoteSighting(note.AttemptId, current.Version, goesOn ? before!.Since : now, now);
        account.Sighting = sighting;

        var attemptAt = sighting.Since + interval;
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

    /// <summary>
    /// The note that stands; but of one of our own what we know better: one that surely sent nothing is as good as the one before it, and one
    /// that failed may not have reached the store as it should read.
    /// </summary>
    private static RefreshAttempt? NoteOf(Account account, AirwallexConnection current) => current.PendingRefresh switch
    {
        { } note when IsUnsent(account, note) => account.Unsent!.Before,
        { } note when note.AttemptId == account.Unreleased?.AttemptId => account.Unreleased,
        var note => note,
    };

    private static bool IsUnsent(Account account, RefreshAttempt note) => account.Unsent?.Ids.Contains(note.AttemptId) == true;

    // ---- Step 3: write ahead.

    /// <summary>The connection with our note in the store; null when the swap was lost.</summary>
    internal virtual async Task<AirwallexConnection?> WriteAheadAsync(Account account, RefreshFlight flight, AirwallexConnection current)
    {
        var noted = WithNote(account, current);
        flight.RepeatsALostOne |= NoteOf(account, current) is { AnsweredStatus: null };

        // Before the write: should it take effect and report a failure, the note that stands is known to be ours, and unsent.
        var attemptId = noted.PendingRefresh!.AttemptId;
        account.Unsent = current.PendingRefresh is { } note && IsUnsent(account, note)
            ? account.Unsent!.And(attemptId)
            : new UnsentAttempts([attemptId], current.PendingRefresh);
        account.LastAttemptId = attemptId;
        try
        {
            return await records.TrySaveAsync(noted).ConfigureAwait(false) ? noted with { Version = noted.Version + 1 } : null;
        }
        catch (AirwallexOAuthException)
        {
            // Nothing is sent unless a fresh read shows the note: a write may take effect and report a failure.
            if (await records.FindAsync(account.Id).ConfigureAwait(false) is { } written && written.PendingRefresh?.AttemptId == attemptId)
            {
                return written;
            }

            throw;
        }
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
}
