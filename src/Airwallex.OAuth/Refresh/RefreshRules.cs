namespace Airwallex.OAuth;

/// <summary>
/// Every decision of the refresh, as functions of what is known: nothing is called, `now` is an argument. Their table
/// of tests is RefreshRulesTests; the simulation overrides single rules to show that it notices.
/// </summary>
internal partial class RefreshRules(RefreshTimings timings)
{
    public RefreshTimings Timings { get; } = timings;

    /// <summary>Step 2: may the refresh token be sent? Effective is an attempt whose response may be lost.</summary>
    public virtual SendDecision DecideSend(
        RefreshAttempt? effective, DateTimeOffset? foreignLeaseEnd, TimeSpan observedFor, DateTimeOffset now)
    {
        if (foreignLeaseEnd > now)
        {
            return new SendDecision(SendDecisionKind.WaitForLease, foreignLeaseEnd.Value);
        }

        if (effective is null || now <= effective.FirstSentAt + Timings.LatestStart)
        {
            return new SendDecision(SendDecisionKind.Send);
        }

        // After the grace period, an instance that holds the response and could not save it comes first.
        return observedFor >= Timings.Observation
            ? new SendDecision(SendDecisionKind.Send, IsLastSend: true)
            : new SendDecision(SendDecisionKind.Observe, now + Timings.Observation - observedFor);
    }

    /// <summary>Step 3: the attempt to store before anything is sent. A last send starts a new grace period.</summary>
    public virtual RefreshAttempt NextAttempt(
        string id, RefreshAttempt? effective, bool isLastSend, DateTimeOffset now) => new()
        {
            Id = id,
            FirstSentAt = isLastSend ? now : effective?.FirstSentAt ?? now,
            LeaseExpiresAt = now + Timings.Lease,
            ResponseMayBeLost = true,
        };

    /// <summary>Step 4: how long to wait for a response, by the time since the first send of the token.</summary>
    public virtual ResponseWait DecideWait(TimeSpan age)
    {
        // With too little left for another try before the final start, this one is the final one.
        var left = Timings.LatestEnd - age;
        return left < Timings.ShortestSend
            ? new ResponseWait(Timings.GracePeriod, IsFinal: true)
            : new ResponseWait(age.AtLeast(Timings.FirstResponseTimeout).AtMost(left), IsFinal: false);
    }

    /// <summary>Step 4: may a response be lost? Neither an unsent request nor a 4xx undoes an earlier doubt.</summary>
    public virtual bool MayBeLost(bool before, TokenRequestException? failure) =>
        before || failure is { RequestNotSent: false, IsDecision: false };

    /// <summary>Step 4: what to do after a failed send, so long (age) after the first send of the token.</summary>
    public virtual FailureDecision AfterFailure(
        TokenRequestException failure, int retries, bool responseMayBeLost, bool finalStartMade, TimeSpan age,
        TimeSpan delay)
    {
        var (isBusy, startsAt) = (failure.IsTooManyRequests, age + delay);
        var retry = new FailureDecision(isBusy ? FailureDecisionKind.ReadAgain : FailureDecisionKind.Retry, delay);

        // No later operation could make the final start: neither retries used up nor a cooldown may skip it.
        var mayMakeFinalStart = responseMayBeLost && !finalStartMade && age <= Timings.LatestStart;
        if (failure.IsTransient && mayMakeFinalStart && startsAt > Timings.LatestCooldownEnd)
        {
            var untilFinalStart = Timings.FinalStart > age ? Timings.FinalStart - age : Timings.FirstRetryDelay / 2;
            var leavesRoom = startsAt <= Timings.LatestEnd - Timings.ShortestSend;
            return leavesRoom ? retry : retry with { Delay = untilFinalStart };
        }

        var longest = isBusy ? Timings.LongestConcurrencyWait : Timings.LongestRetryDelay * 1.25;
        var isInTime = delay <= longest && startsAt <= Timings.LatestStart;
        return failure.IsTransient && isInTime && (isBusy || retries < RefreshTimings.MaxRetries)
            ? retry
            : new FailureDecision(FailureDecisionKind.Fail);
    }

    /// <summary>
    /// For how long a failing endpoint is left alone; what it asks for is honored whole. Doubt: for how long a response
    /// may have been lost.
    /// </summary>
    public virtual TimeSpan CooldownAfter(TimeSpan backoff, TimeSpan? retryAfter, TimeSpan? doubt)
    {
        // It must not sit out the grace period.
        var most = doubt < Timings.LatestStart ? Timings.LatestCooldownEnd - doubt.Value : TimeSpan.MaxValue;
        return backoff.AtLeast(retryAfter ?? backoff).AtMost(most.AtLeast(Timings.ShortestSend));
    }

    /// <summary>Whether a cooldown must end: a response may be lost, and its grace period is about to end.</summary>
    public bool MustStart(RefreshAttempt? effective, DateTimeOffset now) =>
        now - effective?.FirstSentAt is { } age && age >= Timings.LatestCooldownEnd && age <= Timings.LatestStart;

    /// <summary>When an attempt that failed is to be taken up again.</summary>
    public virtual DateTimeOffset RecoverAt(RefreshAttempt attempt, DateTimeOffset cooldownEnd, DateTimeOffset now)
    {
        // After the grace period the observation comes first: it begins early enough to be over with the cooldown.
        var isInTime = cooldownEnd <= attempt.FirstSentAt + Timings.LatestStart;
        return (isInTime ? cooldownEnd : cooldownEnd - Timings.Observation)
            .AtMost(now + Timings.LongestRecoveryDelay).AtLeast(now);
    }
}
