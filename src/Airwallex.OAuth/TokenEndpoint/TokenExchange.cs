using Polly;

namespace Airwallex.OAuth;

/// <summary>
/// One request on its way through the HTTP pipeline, which may throw anything, ignore cancellation or never return.
/// What has arrived of the response can be looked at while the rest is still awaited. An exchange that nobody waits
/// for any more drops what comes late.
/// </summary>
internal sealed class TokenExchange(HttpClient http, HttpRequestMessage request)
{
    private volatile HttpResponseMessage? _response;
    private volatile Exception? _failure;
    private volatile bool _isWhole;

    /// <summary>The head of the response; null until it arrives. Its content is in <see cref="Body"/>.</summary>
    public HttpResponseMessage? Response => _response;

    /// <summary>Whether the status of the response is a transient failure.</summary>
    public bool IsTransient { get; private set; }

    public TokenResponseBody Body { get; } = new();

    /// <summary>Whether the response arrived to its end.</summary>
    public bool IsWhole => _isWhole;

    /// <summary>What the pipeline threw; null when nothing, or not yet.</summary>
    public Exception? Failure => _failure;

    /// <summary>Sends the request and receives the response. Never throws.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var sending = await TransientFailures
            .CaptureAsync(() => http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken))
            .ConfigureAwait(false);
        IsTransient = sending.Outcome == OutcomeType.Failure;
        _response = sending.Result ?? sending.FinalHandledResult;
        _failure = sending.FinalException;
        if (_response is { } response)
        {
            await ReceiveAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            using (response)
            {
                await Body.ReceiveAsync(response.Content, cancellationToken).ConfigureAwait(false);
                _isWhole = true;
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }
}
