using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// The form of a token request, which knows whether any of it left the process, and which refuses to leave too late.
/// </summary>
/// <remarks>
/// The last look at the clock is here, where the body is written to the connection: connecting takes time, and a request that was
/// stalled until after its lease must not go out (invariant 1).
/// </remarks>
internal sealed class TokenRequestContent : HttpContent
{
    private readonly FormUrlEncodedContent _form;
    private readonly DateTimeOffset _latestStart;
    private readonly TimeProvider _time;
    private volatile bool _wasStarted;

    public TokenRequestContent(IEnumerable<KeyValuePair<string, string>> form, DateTimeOffset latestStart, TimeProvider time)
    {
        _form = new FormUrlEncodedContent(form);
        _latestStart = latestStart;
        _time = time;
        Headers.ContentType = _form.Headers.ContentType;
    }

    /// <summary>False when surely nothing of the body was sent: the name was not resolved, the connection was refused, the time was up.</summary>
    public bool WasStarted => _wasStarted;

    // Every way to the bytes leads through here: the base class's other ones call it.
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        if (_time.GetUtcNow() > _latestStart)
        {
            throw new TimeoutException("The time in which this token request may start was over before it could be sent.");
        }

        _wasStarted = true;
        return _form.CopyToAsync(stream, context);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _form.Headers.ContentLength ?? 0;
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        _form.Dispose();
        base.Dispose(disposing);
    }
}
