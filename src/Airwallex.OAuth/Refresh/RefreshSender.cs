namespace Airwallex.OAuth;

/// <summary>
/// Step 4: sends the refresh token, patiently. One loop over tries; no caller's cancellation reaches it.
/// </summary>
internal sealed class RefreshSender(
    AirwallexApplication application, AirwallexOAuthOptions options, RefreshRules rules, RefreshTimings timings,
    RefreshTrace trace)
{
    private const int NotAskedFor = 0, AskedFor = 1, Cut = 2;

    /// <summary>One for all tries: while a service provider is disposed of, no new one can be made.</summary>
    private TokenClient? _client;

    private TimeProvider Time => application.Time;

    /// <param name="lease">Our attempt.</param>
    /// <param name="isInDoubt">Whether a response of an earlier send of this token may be lost.</param>
    /// <param name="isLastSend">Whether the grace period was over.</param>
    public async Task<SendOutcome> SendAsync(Lease lease, bool isInDoubt, bool isLastSend)
    {
        var finalStartMade = false;
        for (var retries = 0; ;)
        {
            await lease.PrepareSendAsync().ConfigureAwait(false);
            if (!lease.AllowsStart)
            {
                return SendOutcome.ReadAgain(isInDoubt);
            }

            var wait = rules.DecideWait(AgeOf(lease));
            var (sentAt, isRetry) = (Time.GetTimestamp(), isInDoubt);
            trace.SendStarted(isRetry, isLastSend);
            var (response, failure) = await SendOnceAsync(lease, wait.Timeout).ConfigureAwait(false);
            isInDoubt = rules.MayBeLost(isInDoubt, failure);
            finalStartMade |= wait.IsFinal && failure is not { RequestNotSent: true };
            trace.SendEnded(failure, rules.MayBeLost(before: false, failure));
            application.Credentials.Report(options.ClientId, options.ClientSecret, failure);
            if (response is not null)
            {
                return SendOutcome.Responded(response, sentAt, isRetry || isLastSend);
            }

            if (failure!.IsInvalidGrant)
            {
                return SendOutcome.Refused(failure);
            }

            var decision = rules.AfterFailure(
                failure, retries, isInDoubt, finalStartMade, AgeOf(lease), RetryDelay(failure, retries));
            if (decision.Kind == FailureDecisionKind.Fail || lease.IsLost)
            {
                return lease.IsLost ? SendOutcome.ReadAgain(isInDoubt) : SendOutcome.Failed(failure, isInDoubt);
            }

            retries += decision.Kind == FailureDecisionKind.Retry ? 1 : 0;
            application.Log.RetryingTokenRequest(lease.Current.Key.AccountId, decision.Delay, failure.Message);
            await application.DelayAsync(decision.Delay).ConfigureAwait(false);
            if (decision.Kind == FailureDecisionKind.ReadAgain && !await IsStoredAsync(lease).ConfigureAwait(false))
            {
                return SendOutcome.ReadAgain(isInDoubt);
            }
        }
    }

    private TimeSpan AgeOf(Lease lease) => Time.GetUtcNow() - lease.Attempt.FirstSentAt;

    private TimeSpan RetryDelay(TokenRequestException failure, int retries)
    {
        var delay = failure.IsTooManyRequests
            ? application.Jitter.Between(timings.ShortestConcurrencyWait, timings.LongestConcurrencyWait)
            : application.Jitter.Backoff(timings.FirstRetryDelay, retries, timings.LongestRetryDelay);
        return failure.RetryAfter > delay ? failure.RetryAfter.Value : delay;
    }

    private async Task<(TokenSet? Response, TokenRequestException? Failure)> SendOnceAsync(
        Lease lease, TimeSpan responseTimeout)
    {
        var accountId = lease.Current.Key.AccountId;
        var body = NotAskedFor;
        var cut = new CancellationTokenSource();
        var request = new RefreshTokenRequest
        {
            Options = options,
            RefreshToken = lease.Current.Tokens.RefreshToken,
            Previous = lease.Current.Tokens,
            ResponseTimeout = Timeout.InfiniteTimeSpan,
            MayStart = () => lease.AllowsStart && AgeOf(lease) <= timings.LatestStart
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
            var isSent = Interlocked.Exchange(ref body, Cut) == AskedFor;
            BackgroundTasks.Forget(sending);
            application.Tasks.Cancel(cut);
            return (null, ConnectionErrors.Cut(accountId, await keeping.ConfigureAwait(false), null, isSent));
        }
        catch (TokenRequestException exception)
        {
            return (null, exception);
        }
        catch (Exception exception)
        {
            var isSent = Interlocked.Exchange(ref body, Cut) == AskedFor;
            return (null, ConnectionErrors.Cut(accountId, exception.Message, exception, isSent));
        }
    }

    private async Task<bool> IsStoredAsync(Lease lease)
    {
        try
        {
            var current = await application.Store.FindAsync(lease.Current.Key).ConfigureAwait(false);
            return current?.Version == lease.Current.Version;
        }
        catch (AirwallexOAuthException)
        {
            return false;
        }
    }
}

/// <summary>What became of a send.</summary>
/// <param name="Response">The response; null when there is none.</param>
/// <param name="SentAt">When the request was sent whose response it is, on the monotonic clock.</param>
/// <param name="Refusal">A refusal for good; null when there is none.</param>
/// <param name="Failure">The last failure; null when there is none, and when the connection is to be read
/// again.</param>
/// <param name="IsInDoubt">Whether a response of this token may be lost; with a response, whether an earlier one
/// was.</param>
internal sealed record SendOutcome(
    TokenSet? Response, long SentAt, TokenRequestException? Refusal, TokenRequestException? Failure, bool IsInDoubt)
{
    public static SendOutcome Responded(TokenSet response, long sentAt, bool isRecovered) =>
        new(response, sentAt, null, null, isRecovered);

    public static SendOutcome Refused(TokenRequestException refusal) => new(null, 0, refusal, null, false);

    public static SendOutcome Failed(TokenRequestException failure, bool isInDoubt) =>
        new(null, 0, null, failure, isInDoubt);

    public static SendOutcome ReadAgain(bool isInDoubt) => new(null, 0, null, null, isInDoubt);
}
