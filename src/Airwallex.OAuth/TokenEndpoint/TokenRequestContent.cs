using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// The form of a token request, which knows whether any of it may have left the process, and refuses to leave too late.
/// Thread-safe.
/// </summary>
/// <remarks>
/// The last look at the clock is here, where the body is written to the connection: connecting takes time, and a
/// request that was stalled until after its lease must not go out (invariant 1). A handler that buffers or logs the
/// body asks for it too.
/// </remarks>
internal sealed class TokenRequestContent : HttpContent
{
    private const int Asked = 1;
    private const int Closed = 2;

    private readonly FormUrlEncodedContent _form;
    private readonly Func<bool> _mayStart;
    private int _state;

    public TokenRequestContent(IEnumerable<KeyValuePair<string, string>> form, Func<bool> mayStart)
    {
        _form = new FormUrlEncodedContent(form);
        _mayStart = mayStart;
        Headers.ContentType = _form.Headers.ContentType;
    }

    /// <summary>From now on nothing leaves any more, whatever the pipeline still does.</summary>
    /// <returns>
    /// False when nothing has left: the name was not resolved, the connection was refused, the time was over.
    /// </returns>
    public bool Close() => (Interlocked.Or(ref _state, Closed) & Asked) != 0;

    // Every way to the bytes leads through here: the base class's other ones call these.
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Ask();
        return _form.CopyToAsync(stream, context, cancellationToken);
    }

    protected override void SerializeToStream(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Ask();
        _form.CopyTo(stream, context, cancellationToken);
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

    private void Ask()
    {
        if (!_mayStart())
        {
            throw new TimeoutException("The time in which this request may start was over before it could be sent.");
        }

        if ((Interlocked.CompareExchange(ref _state, Asked, comparand: 0) & Closed) != 0)
        {
            throw new TimeoutException("The request was given up before it could be sent.");
        }
    }
}
