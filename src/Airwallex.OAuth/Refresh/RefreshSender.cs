namespace Airwallex.OAuth;

/// <summary>Step 4: sends the refresh token, patiently. No caller's cancellation reaches it.</summary>
internal sealed class RefreshSender(
    AirwallexApplication application, AirwallexOAuthOptions options, RefreshRules rules, RefreshTrace trace)
{
    private const int NotAskedFor = 0, AskedFor = 1, Cut = 2;

    private readonly RefreshTimings _timings = rules.Timings;

    /// <summary>One for all tries: while a service provider is disposed of, no new one can be made.</summary>
    private TokenClient? _client;

    private TimeProvider Time => application.Time;

    /// <summary>One loop over tries. In doubt: the response of an earlier send of this token may be lost.</summary>
    public async Task<SendOutcome> SendAsync(Lease lease, bool isInDoubt, bool isLastSend)
    {
        var finalStartMade = false;
        for (var retries = 0; ;)
        {
            await lease.PrepareSendAsync().ConfigureAwait(false);
            if (!lease.AllowsStart)
            {
                return new SendOutcome(isInDoubt);
            }

            var wait = rules.DecideWait(lease.Age);
            var sentAt = Time.GetTimestamp();
            trace.SendStarted(isInDoubt, isLastSend);
            var (response, failure) = await RequestAsync(lease, wait.Timeout).ConfigureAwait(false);
            trace.SendEnded(failure, rules.MayBeLost(before: false, failure));
            application.Credentials.Report(options.ClientId, options.ClientSecret, failure);
            if (failure is null)
            {
                return new SendOutcome(isInDoubt || isLastSend, response, sentAt);
            }

            isInDoubt = rules.MayBeLost(isInDoubt, failure);
            finalStartMade |= wait.IsFinal && !failure.RequestNotSent;
            if (failure.IsInvalidGrant)
            {
                return new SendOutcome(isInDoubt, Refusal: failure);
            }

            var decision = rules.AfterFailure(
                failure, retries, isInDoubt, finalStartMade, lease.Age, RetryDelay(failure, retries));
            if (decision.Kind == FailureDecisionKind.Fail && !lease.IsLost)
            {
                return new SendOutcome(isInDoubt, Failure: failure);
            }

            retries += decision.Kind == FailureDecisionKind.Retry ? 1 : 0;
            await WaitForRetryAsync(lease, decision, failure).ConfigureAwait(false);
        }
    }

    private TimeSpan RetryDelay(TokenRequestException failure, int retries)
    {
        var delay = failure.IsTooManyRequests
            ? application.Jitter.Between(_timings.ShortestConcurrencyWait, _timings.LongestConcurrencyWait)
            : application.Jitter.Backoff(_timings.FirstRetryDelay, retries, _timings.LongestRetryDelay);
        return delay.AtLeast(failure.RetryAfter ?? delay);
    }

    private async Task WaitForRetryAsync(Lease lease, FailureDecision decision, TokenRequestException failure)
    {
        application.Log.RetryingTokenRequest(lease.Current.Key.AccountId, decision.Delay, failure.Message);

        // After a long wait the lease is over: it is renewed while there is time, so that the start comes when planned.
        var waitingSince = Time.GetTimestamp();
        await application.DelayAsync(decision.Delay - _timings.LeaseRenewalTimeout).ConfigureAwait(false);
        await lease.PrepareSendAsync().ConfigureAwait(false);
        if (!lease.IsLost)
        {
            await application.DelayAsync(decision.Delay - Time.GetElapsedTime(waitingSince)).ConfigureAwait(false);
        }

        if (decision.Kind == FailureDecisionKind.ReadAgain)
        {
            await lease.LookAsync().ConfigureAwait(false);
        }
    }

    private async Task<(TokenSet? Response, TokenRequestException? Failure)> RequestAsync(
        Lease lease, TimeSpan responseTimeout)
    {
        var (body, accountId) = (NotAskedFor, lease.Current.Key.AccountId);
        var cut = new CancellationTokenSource();
        var request = new RefreshTokenRequest
        {
            Options = options,
            RefreshToken = lease.Current.Tokens.RefreshToken,
            Previous = lease.Current.Tokens,
            ResponseTimeout = Timeout.InfiniteTimeSpan,
            MayStart = () => lease.AllowsStart && lease.Age <= _timings.LatestStart
                && Interlocked.CompareExchange(ref body, AskedFor, NotAskedFor) != Cut,
        };
        try
        {
            var sending = application.Tasks.CallAsync(
                () => (_client ??= application.TokenClient()).SendAsync(request, cut.Token));
            var keeping = lease.KeepAsync(responseTimeout, application.Tasks.Join(sending));
            await Task.WhenAny(sending, keeping).ConfigureAwait(false);
            if (sending.IsCompleted)
            {
                return (await sending.ConfigureAwait(false), null);
            }

            // A response that comes after this is dropped: a retry may have superseded it.
            var isSent = MayHaveBeenSent();
            BackgroundTasks.Forget(sending);
            application.Tasks.Cancel(cut);
            var why = await keeping.ConfigureAwait(false);
            return (null, ConnectionErrors.Cut(accountId, why, exception: null, isSent));
        }
        catch (Exception exception)
        {
            return (null, exception as TokenRequestException
                ?? ConnectionErrors.Cut(accountId, exception.Message, exception, MayHaveBeenSent()));
        }

        bool MayHaveBeenSent() => Interlocked.Exchange(ref body, Cut) == AskedFor;
    }
}

/// <summary>
/// What became of a send: a response, with the monotonic time of its request; a refusal for good; another failure; or
/// nothing, when the connection is to be read again. In doubt: a response may be lost; with a response, an earlier one.
/// </summary>
internal sealed record SendOutcome(
    bool IsInDoubt, TokenSet? Response = null, long SentAt = 0, TokenRequestException? Refusal = null,
    TokenRequestException? Failure = null);
