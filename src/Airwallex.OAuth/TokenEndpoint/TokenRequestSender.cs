namespace Airwallex.OAuth;

/// <summary>
/// Sends one token request, waits no longer than allowed, and turns whatever comes of it into tokens or a
/// <see cref="TokenRequestException"/>.
/// </summary>
internal sealed class TokenRequestSender(HttpClient http, TimeProvider time, TokenRequest request)
{
    // .NET has no timer of more than 49 days, and nobody waits longer than this for a response.
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(1);

    public async Task<TokenSet> SendAsync(CancellationToken cutToken)
    {
        using var content = new TokenRequestContent(request.Form, request.MayStart);
        try
        {
            var timeout = request.ResponseTimeout;
            if ((timeout <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan) || cutToken.IsCancellationRequested)
            {
                throw new TimeoutException("No time was left for it.");
            }

            // Lifetimes count from before the request was sent: the server cannot have issued the tokens earlier.
            var sentAt = time.GetUtcNow();
            var address = AirwallexEndpoints.For(request.Options).TokenEndpoint;
            using var message = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
            message.Headers.Accept.ParseAdd("application/json");
            var exchange = new TokenExchange(http, message);
            var endedBy = await RunAsync(exchange, content, cutToken).ConfigureAwait(false);
            return exchange.Response is { } response
                ? new TokenReply(request, response, exchange, time).ToTokens(sentAt, endedBy)
                : throw TokenRequestFailure.OfSending(request, endedBy!, isSent: content.Close());
        }
        catch (Exception exception) when (exception is not TokenRequestException)
        {
            throw TokenRequestFailure.OfSending(request, exception, isSent: content.Close());
        }
    }

    /// <summary>Returns when the exchange is over, its time is over, or it is cut.</summary>
    /// <returns>Why the response did not arrive to its end; null when it did.</returns>
    private async Task<Exception?> RunAsync(
        TokenExchange exchange, TokenRequestContent content, CancellationToken cutToken)
    {
        var timeout = request.ResponseTimeout < LongestTimeout ? request.ResponseTimeout : LongestTimeout;
        using var limit = new CancellationTokenSource(timeout, time);
        var ended = new TaskCompletionSource();

        // Not disposed: a pipeline that is abandoned may still use its token.
        var pipeline = new CancellationTokenSource();
        var exchanging = exchange.RunAsync(pipeline.Token);

        // A handler that hangs when it is canceled comes last: it does not hold up those who wait for the result.
        void End()
        {
            content.Close();
            ended.TrySetResult();
            Cancel(pipeline);
        }

        var onLimit = limit.Token.UnsafeRegister(_ => End(), null);
        var onCut = cutToken.UnsafeRegister(_ => End(), null);
        await Task.WhenAny(exchanging, ended.Task).ConfigureAwait(false);

        // Disposing the registrations would wait for a callback that runs on another thread, and may hang.
        onLimit.Unregister();
        onCut.Unregister();
        return exchange switch
        {
            { IsWhole: true } => null,
            _ when cutToken.IsCancellationRequested => new TimeoutException("The request was cut."),
            _ when limit.IsCancellationRequested =>
                new TimeoutException($"No response came within {timeout.TotalSeconds:0.###} s."),
            _ => exchange.Failure,
        };
    }

    private static void Cancel(CancellationTokenSource pipeline)
    {
        try
        {
            pipeline.Cancel();
        }
        catch (Exception)
        {
            // What a handler registered for its cancellation has failed. Nobody waits for that handler any more.
        }
    }
}
