using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Http;

public sealed class HotPathTests
{
    [Fact]
    public async Task A_request_with_a_fresh_token_allocates_nothing_beyond_the_bare_pipeline()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        var api = program.Services.GetRequiredKeyedService<ApiAddress>("");
        api.HandOutBaseAddress();
        using var bare = new HttpMessageInvoker(new DirectHandler { InnerHandler = new Completed() });
        using var withToken = new HttpMessageInvoker(
            new AirwallexTokenHandler(api, selector: null) { InnerHandler = new Completed() });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://api-demo.airwallex.com/api/v1/account");
        request.SetAirwallexAccount(ApiProgram.Account);

        Measure(bare, request); // Warms up, and makes the request's header collections.
        Measure(withToken, request);

        Assert.Equal(Measure(bare, request), Measure(withToken, request));
    }

    [Fact]
    public async Task A_response_that_is_there_at_once_is_handed_on_as_the_same_task()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        using var inner = new Completed();
        var api = program.Services.GetRequiredKeyedService<ApiAddress>("");
        using var withToken = new HttpMessageInvoker(
            new AirwallexTokenHandler(api, selector: null) { InnerHandler = inner });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://api-demo.airwallex.com/api/v1/account");

        var sending = withToken.SendAsync(request.SetAirwallexAccount(ApiProgram.Account), CancellationToken.None);

        Assert.Same(inner.Response, sending);
    }

    [Fact]
    public async Task A_response_that_comes_later_reaches_the_caller_as_it_came()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        var inner = new Later();
        var api = program.Services.GetRequiredKeyedService<ApiAddress>("");
        using var withToken = new HttpMessageInvoker(
            new AirwallexTokenHandler(api, selector: null) { InnerHandler = inner });
        using var response = new HttpResponseMessage(HttpStatusCode.OK);
        using var canceled = new CancellationTokenSource();
        await canceled.CancelAsync();

        var (succeeds, succeeding) = Send();
        var (fails, failing) = Send();
        var (ends, ending) = Send();
        succeeds.SetResult(response);
        fails.SetException(new HttpRequestException("The connection was cut."));
        ends.SetCanceled(canceled.Token);

        Assert.Same(response, await succeeding);
        Assert.Same(
            fails.Task.Exception!.InnerException, await Assert.ThrowsAsync<HttpRequestException>(() => failing));
        var cancellation = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending);
        Assert.Equal(canceled.Token, cancellation.CancellationToken);
        Assert.True(ending.IsCanceled);

        (TaskCompletionSource<HttpResponseMessage>, Task<HttpResponseMessage>) Send()
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, "https://api-demo.airwallex.com/api/v1/account");
            var sending = withToken.SendAsync(request.SetAirwallexAccount(ApiProgram.Account), CancellationToken.None);
            return (inner.Response, sending);
        }
    }

    private static long Measure(HttpMessageInvoker pipeline, HttpRequestMessage request)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = pipeline.SendAsync(request, CancellationToken.None);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class DirectHandler : DelegatingHandler;

    private sealed class Later : HttpMessageHandler
    {
        public TaskCompletionSource<HttpResponseMessage> Response { get; private set; } = new();

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            (Response = new TaskCompletionSource<HttpResponseMessage>()).Task;
    }

    private sealed class Completed : HttpMessageHandler
    {
        public Task<HttpResponseMessage> Response { get; } = Task.FromResult(
            new HttpResponseMessage(HttpStatusCode.OK));

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            Response;
    }
}
