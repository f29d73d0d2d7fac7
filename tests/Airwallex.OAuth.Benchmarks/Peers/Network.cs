using System.Net;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>The network: responds at once, or when it is told to.</summary>
internal sealed class Network : HttpMessageHandler
{
    private static readonly HttpResponseMessage s_response = new(HttpStatusCode.OK);
    private static readonly Task<HttpResponseMessage> s_atOnce = Task.FromResult(s_response);

    private TaskCompletionSource<HttpResponseMessage>? _later;

    /// <summary>The next request is under way until <see cref="Complete"/> is called with what this returns.</summary>
    public TaskCompletionSource<HttpResponseMessage> CompleteLater() =>
        _later = new TaskCompletionSource<HttpResponseMessage>();

    public static void Complete(TaskCompletionSource<HttpResponseMessage> later) => later.SetResult(s_response);

    public Task<HttpResponseMessage> SendAsync() => _later?.Task ?? s_atOnce;

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync();
}
