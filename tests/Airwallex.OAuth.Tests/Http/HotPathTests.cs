using System.Net;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Airwallex.OAuth.Tests.Http;

[Collection(VirtualTime.Name)]
public sealed class HotPathTests
{
    [Fact]
    public async Task A_request_with_a_fresh_token_allocates_nothing_beyond_the_bare_pipeline()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        using var bare = new HttpMessageInvoker(new DirectHandler { InnerHandler = new Completed() });
        using var withToken = new HttpMessageInvoker(new AirwallexTokenHandler(
            app.Get<AccessTokens>(), new ApiHosts(new AirwallexOAuthOptions()), null, NullLogger<AirwallexTokenHandler>.Instance)
        {
            InnerHandler = new Completed(),
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://api-demo.airwallex.com/api/v1/account");
        request.SetAirwallexAccount(TestApp.Account);

        Measure(bare, request); // Warms up, and makes the request's header collections.
        Measure(withToken, request);

        Assert.Equal(Measure(bare, request), Measure(withToken, request));
    }

    [Fact]
    public async Task A_fresh_token_is_had_without_allocation_and_without_the_store()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        var connections = app.Connections;
        for (var i = 0; i < 100; i++)
        {
            await connections.GetAccessTokenAsync(TestApp.Account);
        }

        var calls = app.Store.Calls;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = connections.GetAccessTokenAsync(TestApp.Account);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(calls, app.Store.Calls);
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

    private sealed class Completed : HttpMessageHandler
    {
        private readonly Task<HttpResponseMessage> _response = Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _response;
    }
}
