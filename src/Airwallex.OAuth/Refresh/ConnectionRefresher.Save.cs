using System.Net;

namespace Airwallex.OAuth;

/// <summary>Step 5 of a refresh: the answer is saved before anybody gets the token; and so is a permanent refusal.</summary>
internal partial class ConnectionRefresher
{
    internal virtual async Task<RefreshResult> SaveAsync(Account account, RefreshFlight flight, AirwallexConnection noted, TokenSet answer)
    {
        var stands = await records.SwapUntilStoredAsync(
            account.Id,
            lastRead: noted,
            decide: current => Successor(current, noted, answer),
            waitFor: current => IsToBeReplaced(current, noted, answer) ? LeaseToWaitFor(account, current) : null,
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
        if (!IsToBeReplaced(current, noted, answer))
        {
            return current;
        }

        var isOurNote = current!.PendingRefresh is null || current.PendingRefresh.AttemptId == noted.PendingRefresh!.AttemptId;
        return current with
        {
            Tokens = answer,
            PendingRefresh = isOurNote ? null : DoubtAbout(noted.PendingRefresh!),
            RenewAt = RenewalSchedule.RenewAt(answer, Options.KeepAlive),
        };
    }

    // Gone, ended, connected again, or with another instance's saved answer: theirs stands. While the spent refresh token stands there, new
    // note or not, ours is its successor. And of two answers that came late, as the note on theirs tells, the pair issued last is the one to
    // keep: leases are compared with the clock that stamps IssuedAt, so their order is certain, whatever the clocks of two instances say.
    private static bool IsToBeReplaced(AirwallexConnection? current, AirwallexConnection noted, TokenSet answer) =>
        current is { Status: ConnectionStatus.Active }
        && current.ConnectedAt == noted.ConnectedAt
        && !IsSaved(current, noted, answer)
        && (current.Tokens.RefreshToken == noted.Tokens.RefreshToken
            || (current.PendingRefresh is not null && current.Tokens.IssuedAt < answer.IssuedAt));

    // A write may take effect and report a failure. The note tells, because an answer may repeat the tokens that stood there before.
    private static bool IsSaved(AirwallexConnection current, AirwallexConnection noted, TokenSet answer) =>
        current.Tokens.RefreshToken == answer.RefreshToken && current.Tokens.AccessToken == answer.AccessToken
        && current.PendingRefresh?.AttemptId != noted.PendingRefresh!.AttemptId;

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
        if (token.Value != connection.Tokens.AccessToken || token.ExpiresAtTicks != connection.Tokens.AccessTokenExpiresAt.UtcTicks)
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
        if (flight.RepeatsALostOne)
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
}
