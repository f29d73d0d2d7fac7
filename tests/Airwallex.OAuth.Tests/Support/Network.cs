namespace Airwallex.OAuth.Tests.Support;

/// <summary>A network made of one function.</summary>
internal sealed class Network(
    Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken) =>
        send(request, cancellationToken);

    /// <summary>A network that lets a test step in before each request, and throw to break the connection.</summary>
    public static Func<HttpMessageHandler, HttpMessageHandler> Before(Action<HttpRequestMessage> act) => airwallex =>
    {
        var wire = new HttpMessageInvoker(airwallex);
        return new Network((request, cancellationToken) =>
        {
            act(request);
            return wire.SendAsync(request, cancellationToken);
        });
    };
}
