namespace Airwallex.OAuth;

/// <summary>
/// Every decision of the refresh, as functions of what is known: `now` is an argument, nothing is called. The table
/// of tests is RefreshRulesTests; the simulation overrides single rules to show that it notices.
/// </summary>
internal partial class RefreshRules(RefreshTimings timings)
{
    public RefreshTimings Timings { get; } = timings;

    /// <summary>Step 2: may the refresh token be sent now?</summary>
    /// <param name="effective">The attempt as this process knows it; null when no send can have been received.</param>
    /// <param name="foreignLeaseEnd">Until when another instance alone may send; null when none may.</param>
    /// <param name="observedFor">For how long the attempt has been seen unchanged.</param>
    /// <param name="now">The time.</param>
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

        // The grace period is over. An instance that holds the response and could not save it comes first.
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

    /// <summary>Step 4: how long to wait for the response.</summary>
    /// <param name="age">The time since the refresh token was first sent.</param>
    public virtual ResponseWait DecideWait(TimeSpan age)
    {
        // With too little left for another try before the final start, this one is the final one.
        var left = Timings.LatestEnd - age;
        return left < Timings.ShortestSend
            ? new ResponseWait(Timings.GracePeriod, IsFinal: true)
            : new ResponseWait(age.AtLeast(Timings.FirstResponseTimeout).AtMost(left), IsFinal: false);
    }

    /// <summary>
    /// Step 4: may a response of this token be lost? Neither an unsent request nor a decision (4xx) undoes an earlier
    /// doubt.
    /// </summary>
    public virtual bool MayBeLost(bool before, TokenRequestException? failure) =>
        before || failure is { RequestNotSent: false, IsDecision: false };

    /// <summary>Step 4: what to do after a failed send that is not a refusal.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="retries">How many retries this operation has made.</param>
    /// <param name="responseMayBeLost">Whether a response of this token may be lost, by this send or before.</param>
    /// <param name="finalStartMade">Whether the final start inside the grace period has been made.</param>
    /// <param name="age">The time since the refresh token was first sent.</param>
    /// <param name="delay">The retry delay, jittered.</param>
    public virtual FailureDecision AfterFailure(
        TokenRequestException failure, int retries, bool responseMayBeLost, bool finalStartMade, TimeSpan age,
        TimeSpan delay)
    {
        var fail = new FailureDecision(FailureDecisionKind.Fail);
        if (!failure.IsTransient)
        {
            return fail;
        }

        var isBusy = failure.IsTooManyRequests;
        var retry = new FailureDecision(isBusy ? FailureDecisionKind.ReadAgain : FailureDecisionKind.Retry, delay);
        var startsAt = age + delay;

        // No later operation could make the final start: neither retries used up nor a cooldown may skip it.
        var mayMakeFinalStart = responseMayBeLost && !finalStartMade && age <= Timings.LatestStart;
        if (mayMakeFinalStart && startsAt > Timings.LatestCooldownEnd)
        {
            var untilFinalStart = Timings.FinalStart > age ? Timings.FinalStart - age : Timings.FirstRetryDelay / 2;
            var leavesRoom = startsAt <= Timings.LatestEnd - Timings.ShortestSend;
            return leavesRoom ? retry : retry with { Delay = untilFinalStart };
        }

        var longest = isBusy ? Timings.LongestConcurrencyWait : Timings.LongestRetryDelay * 1.25;
        var isInTime = delay <= longest && startsAt <= Timings.LatestStart;
        return isInTime && (isBusy || retries < RefreshTimings.MaxRetries) ? retry : fail;
    }

    /// <summary>For how long a failing endpoint is left alone. What it asks for is honored whole.</summary>
    /// <param name="backoff">The length by the number of failures, jittered.</param>
    /// <param name="retryAfter">What the endpoint asked for.</param>
    /// <param name="doubt">The time since a token was first sent whose response may be lost; null for none.</param>
    public virtual TimeSpan CooldownAfter(TimeSpan backoff, TimeSpan? retryAfter, TimeSpan? doubt)
    {
        var length = backoff.AtLeast(retryAfter ?? backoff);
        if (doubt is not { } age || age >= Timings.LatestStart)
        {
            return length;
        }

        // It must not sit out the grace period.
        return length.AtMost((Timings.LatestCooldownEnd - age).AtLeast(Timings.ShortestSend));
    }

    /// <summary>When an attempt that failed is to be taken up again.</summary>
    public virtual DateTimeOffset RecoverAt(RefreshAttempt attempt, DateTimeOffset cooldownEnd, DateTimeOffset now)
    {
        // After the grace period the observation comes first: it begins early enough to be over with the cooldown.
        var isObserved = cooldownEnd > attempt.FirstSentAt + Timings.LatestStart;
        var at = isObserved ? cooldownEnd - Timings.Observation : cooldownEnd;
        return at.AtMost(now + Timings.LongestRecoveryDelay).AtLeast(now);
    }
}
