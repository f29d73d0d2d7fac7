namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>A client whose requests carry a cached token, over an inner handler that stands for the network.</summary>
internal abstract class Client : IDisposable
{
    /// <summary>Sends one request; the response is the inner handler's.</summary>
    public abstract Task SendAsync();

    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>A pipeline of <see cref="HttpMessageHandler"/>s, and one request that is sent again and again.</summary>
internal sealed class HandlerClient(HttpMessageHandler pipeline, HttpRequestMessage request) : Client
{
    private readonly HttpMessageInvoker _invoker = new(pipeline);

    // Not HttpClient: it sends a request once only, and its own work would cover the handlers'.
    public override Task SendAsync() => _invoker.SendAsync(request, CancellationToken.None);

    public override void Dispose()
    {
        _invoker.Dispose();
        base.Dispose();
    }
}
