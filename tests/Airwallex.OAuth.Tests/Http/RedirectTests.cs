using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>Redirects that real servers respond with and a real <see cref="SocketsHttpHandler"/> follows.</summary>
public sealed class RedirectTests : IAsyncLifetime
{
    private readonly List<string> _elsewhere = [];
    private WebApplication? _api;
    private WebApplication? _other;

    [Fact]
    public async Task A_redirect_to_another_host_carries_no_token_and_its_401_causes_no_refresh()
    {
        await using var program = NewProgram();
        await program.ConnectAsync();

        using var response = await program.ClientOf().GetAsync("away");

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal([""], _elsewhere);
        Assert.Equal(0, program.Api.Refreshes);
    }

    [Fact]
    public async Task A_redirect_of_a_POST_to_another_host_carries_no_token_either()
    {
        await using var program = NewProgram();
        await program.ConnectAsync();

        using var response = await program.ClientOf().PostAsync("away", new StringContent("body"));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal([""], _elsewhere);
        Assert.Equal(0, program.Api.Refreshes);
    }

    [Fact]
    public async Task A_redirect_within_the_API_that_drops_the_header_is_sent_again_with_the_present_token()
    {
        await using var program = NewProgram();
        await program.ConnectAsync();

        using var response = await program.ClientOf().GetAsync("within");

        Assert.Equal("welcome", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, program.Api.Refreshes); // No token was rejected: none had arrived.
    }

    public async Task InitializeAsync()
    {
        _other = await StartAsync(server => server.Map("/{**path}", (HttpContext context) =>
        {
            _elsewhere.Add(context.Request.Headers.Authorization.ToString());
            return Results.Unauthorized();
        }));
        _api = await StartAsync(server =>
        {
            server.Map("/away", () =>
                Results.Redirect(AddressOf(_other) + "elsewhere", permanent: true, preserveMethod: true));
            server.Map("/within", () => Results.Redirect("/final"));
            server.Map("/final", (HttpContext context) =>
                context.Request.Headers.Authorization.Count > 0 ? Results.Text("welcome") : Results.Unauthorized());
        });
    }

    public async Task DisposeAsync()
    {
        await _api!.DisposeAsync();
        await _other!.DisposeAsync();
    }

    private ApiProgram NewProgram() => new(
        configure: options => options.ApiBaseAddress = new Uri(AddressOf(_api!)),
        primary: api => new TokensAside(api.CreateHandler()) { InnerHandler = new SocketsHttpHandler() });

    private static async Task<WebApplication> StartAsync(Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        map(server);
        await server.StartAsync();
        return server;
    }

    private static string AddressOf(WebApplication server) =>
        server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/";

    /// <summary>Sends token requests to the double, and any other over the network.</summary>
    private sealed class TokensAside(HttpMessageHandler tokens) : DelegatingHandler
    {
        private readonly HttpMessageInvoker _tokens = new(tokens);

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri!.AbsolutePath == "/oauth/token"
                ? _tokens.SendAsync(request, cancellationToken)
                : base.SendAsync(request, cancellationToken);

        protected override void Dispose(bool disposing)
        {
            _tokens.Dispose();
            base.Dispose(disposing);
        }
    }
}
