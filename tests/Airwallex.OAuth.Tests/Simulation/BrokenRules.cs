namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>The rules with one of them broken, or with none.</summary>
internal sealed class BrokenRules(World world, Instance instance, RefreshTimings timings) : RefreshRules(timings)
{
    private Breakage Breakage => world.Breakage;

    public static RefreshRules Create(World world, Instance instance, RefreshTimings timings) =>
        world.Breakage == Breakage.None ? new RefreshRules(timings) : new BrokenRules(world, instance, timings);

    public override SendDecision DecideSend(
        RefreshAttempt? effective, DateTimeOffset? foreignLeaseEnd, TimeSpan observedFor, DateTimeOffset now) =>
            Breakage switch
            {
                Breakage.LeaseIgnored => base.DecideSend(effective, null, observedFor, now),
                Breakage.GraceIgnored when foreignLeaseEnd is null || foreignLeaseEnd <= now =>
                    new SendDecision(SendDecisionKind.Send),
                Breakage.LastSendWithoutObservation =>
                    base.DecideSend(effective, foreignLeaseEnd, Timings.Observation, now),
                _ => base.DecideSend(effective, foreignLeaseEnd, observedFor, now),
            };

    public override RefreshAttempt NextAttempt(
        string id, RefreshAttempt? effective, bool isLastSend, DateTimeOffset now) =>
        base.NextAttempt(id, Breakage == Breakage.FirstSentAtReset ? null : effective, isLastSend, now);

    public override ResponseWait DecideWait(TimeSpan age)
    {
        var wait = base.DecideWait(age);
        return Breakage == Breakage.WaitCutAt8Seconds && wait.Timeout > Timings.FirstResponseTimeout
            ? wait with { Timeout = Timings.FirstResponseTimeout }
            : wait;
    }

    public override FailureDecision AfterFailure(
        TokenRequestException failure, int retries, bool responseMayBeLost, bool finalStartMade, TimeSpan age,
        TimeSpan delay) =>
        base.AfterFailure(
            failure, retries, responseMayBeLost, finalStartMade || Breakage == Breakage.NoFinalStart, age, delay);

    public override bool MayBeLost(bool before, TokenRequestException? failure) =>
        !(Breakage == Breakage.LaterErrorClearsDoubt && (int?)failure?.StatusCode >= 500)
        && base.MayBeLost(before, failure);

    public override TimeSpan CooldownAfter(TimeSpan backoff, TimeSpan? retryAfter, TimeSpan? doubt) =>
        base.CooldownAfter(backoff, retryAfter, Breakage == Breakage.NoFinalStart ? null : doubt);

    public override SaveDecision DecideSave(
        ConnectionState? current, ConnectionState sent, TokenSet response, IReadOnlySet<string> written,
        DateTimeOffset renewAt,
        DateTimeOffset now)
    {
        switch (Breakage)
        {
            case Breakage.ResponseDroppedOnLostSwap when current?.Version != sent.Version:
                return SaveDecision.Keep(current);
            case Breakage.SaveWaitsForLease when current?.Attempt is { } attempt && attempt.Id != sent.Attempt!.Id
                && attempt.LeaseExpiresAt > now:
                return SaveDecision.Wait(current, attempt.LeaseExpiresAt);
            case Breakage.EarlierAuthorizationSaves when current is not null && !written.Contains(current.Version)
                && current.AuthorizationId != sent.AuthorizationId:
                return SaveDecision.Write(current with { Tokens = response, Attempt = null, RecoverAt = null });
            default:
                return base.DecideSave(current, sent, response, written, renewAt, now);
        }
    }

    public override SaveDecision DecideRefusal(
        ConnectionState? current, ConnectionState sent, DateTimeOffset? foreignLeaseEnd, string reason,
        DateTimeOffset now) =>
        Breakage == Breakage.LosersRefusalEnds && current is { IsActive: true }
            ? SaveDecision.Write(
                current with
                {
                    Status = ConnectionStatus.ReauthorizationRequired,
                    StatusReason = "refused",
                    Attempt = null,
                    RecoverAt = null
                })
            : base.DecideRefusal(current, sent, foreignLeaseEnd, reason, now);

    public override string ToString() => $"{Breakage} at {instance}";
}
