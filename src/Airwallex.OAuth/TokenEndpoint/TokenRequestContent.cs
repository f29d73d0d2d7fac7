using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// The form of a token request, which knows whether any of it left the process, and which refuses to leave too late.
/// </summary>
/// <remarks>
/// The last look at the clock is here, where the body is written to the connection: connecting takes time, and a request that was
/// stalled until after its lease must not go out (invariant 1).
/// </remarks>
internal sealed class TokenRequestContent(
    IEnumerable<KeyValuePair<string, string>> form, DateTimeOffset latestStart, TimeProvider time) : FormUrlEncodedContent(form)
{
    private volatile bool _wasStarted;

    /// <summary>False when surely nothing of the body was sent: the name was not resolved, the connection was refused, the time was up.</summary>
    public bool WasStarted => _wasStarted;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (time.GetUtcNow() > latestStart)
        {
            throw new TimeoutException("The time in which this token request may start was over before it could be sent.");
        }

        _wasStarted = true;
        return base.SerializeToStreamAsync(stream, context, cancellationToken);
    }
}
