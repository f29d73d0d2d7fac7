using System.Net;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Whether Airwallex refuses this application's client id or secret (RFC 6749, section 5.2: invalid_client). A fault of ours, which
/// every account feels, so the last word of any account counts.
/// </summary>
internal sealed class ClientRefusal : IConnectionObserver
{
    private volatile Exception? _last;

    /// <summary>The refusal, unless a token request has succeeded since; null otherwise.</summary>
    public Exception? Last => _last;

    public ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken)
    {
        if (connectionEvent.Kind is ConnectionEventKind.Connected or ConnectionEventKind.Refreshed or ConnectionEventKind.Recovered)
        {
            _last = null;
        }
        else if (connectionEvent.Exception is { } exception)
        {
            Notice(exception);
        }

        return ValueTask.CompletedTask;
    }

    public void Notice(Exception exception)
    {
        if (exception is TokenRequestException { Error: "invalid_client" or "unauthorized_client" } or TokenRequestException { StatusCode: HttpStatusCode.Unauthorized })
        {
            _last = exception;
        }
    }
}
