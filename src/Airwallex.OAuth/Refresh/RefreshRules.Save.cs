namespace Airwallex.OAuth;

/// <summary>Step 5: what becomes of a response, of a refusal, of a new authorization.</summary>
internal partial class RefreshRules
{
    /// <summary>What becomes of a response, given what is stored now, and what this save has tried to write.</summary>
    public virtual SaveDecision DecideSave(
        ConnectionState? current, ConnectionState sent, TokenSet response, IReadOnlySet<string> written,
        DateTimeOffset renewAt, DateTimeOffset now)
    {
        // Gone, another authorization, or saved already: theirs stays.
        if (current is null || current.AuthorizationId != sent.AuthorizationId || written.Contains(current.Version))
        {
            return SaveDecision.Keep(current);
        }

        // Another instance saved a pair for the same token meanwhile: the one issued last stays. Its sender waited
        // for our lease to end by the clock that stamps IssuedAt, so their order is certain. A later generation is a
        // successor of ours, which was saved after all.
        var isEarlierPair = current.Generation <= sent.Generation + 1
            && current.Tokens.RefreshToken != response.RefreshToken && current.Tokens.IssuedAt < response.IssuedAt;
        return HasSameToken(current, sent) || isEarlierPair || current.Attempt?.Id == sent.Attempt!.Id
            ? SaveDecision.Write(Successor(current, sent, response, renewAt, now))
            : SaveDecision.Keep(current);
    }

    /// <summary>What becomes of a refusal for good of the connection as it was sent.</summary>
    public virtual SaveDecision DecideRefusal(
        ConnectionState? current, ConnectionState sent, DateTimeOffset? foreignLeaseEnd, string reason,
        DateTimeOffset now)
    {
        if (current is not { IsActive: true } || current.AuthorizationId != sent.AuthorizationId
            || !HasSameToken(current, sent))
        {
            return SaveDecision.Keep(current);
        }

        if (foreignLeaseEnd is { } end && end > now)
        {
            return SaveDecision.Wait(current, end);
        }

        var isReported = current.ReportedReason is not null;
        return SaveDecision.Write(current with
        {
            Status = isReported ? ConnectionStatus.Disconnected : ConnectionStatus.ReauthorizationRequired,
            StatusReason = current.ReportedReason ?? reason,
            StatusChangedAt = now,
            Attempt = null,
            RecoverAt = null,
            ReportedReason = null,
        });
    }

    /// <summary>
    /// What becomes of a new authorization. Replaced: the one that a write of ours may have replaced, null before one.
    /// </summary>
    public virtual SaveDecision DecideConnect(
        ConnectionState? current, ConnectionState connecting, string? replaced, bool hasFailed)
    {
        // Ours, refreshed by now perhaps; or, after a failure, one that was made while ours could not be saved.
        var isOurs = current?.AuthorizationId == connecting.AuthorizationId;
        var isLater = replaced is null
            ? current?.Tokens.IssuedAt > connecting.Tokens.IssuedAt
            : current?.AuthorizationId != replaced;
        return isOurs || (hasFailed && isLater && current is { IsActive: true, IsReadable: true })
            ? SaveDecision.Keep(current)
            : SaveDecision.Write(connecting with { ReadFrom = null, TokensAsRead = null });
    }

    // Without our keys, the generation tells that the same refresh token is still stored.
    private static bool HasSameToken(ConnectionState current, ConnectionState sent) => current.IsReadable
        ? current.Tokens.RefreshToken == sent.Tokens.RefreshToken
        : current.Generation == sent.Generation;

    private ConnectionState Successor(
        ConnectionState current, ConnectionState sent, TokenSet response, DateTimeOffset renewAt, DateTimeOffset now)
    {
        // Over another's attempt if need be. It may have got a later pair that nobody received: ours is then due.
        DateTimeOffset? recoverAt = current.Attempt is { } attempt && attempt.Id != sent.Attempt!.Id
            ? attempt.LeaseExpiresAt.AtMost(now + Timings.Lease + Timings.ClockTolerance)
            : current.IsActive ? null : now;
        var isReportedSince = current.ReportedReason is not null && sent.ReportedReason is null;
        return current with
        {
            Tokens = response,
            Generation = sent.Generation + 1,
            TokenEndpoint = sent.TokenEndpoint,
            Status = ConnectionStatus.Active,
            StatusReason = null,
            StatusChangedAt = current.IsActive ? current.StatusChangedAt : now,
            RenewAt = isReportedSince ? now : renewAt,
            RecoverAt = recoverAt,
            Attempt = null,
            ReportedReason = isReportedSince ? current.ReportedReason : null,
        };
    }
}
