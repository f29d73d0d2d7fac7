using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>Redirects that real servers answer with and a real <see cref="SocketsHttpHandler"/> follows.</summary>
[Collection(VirtualTime.Name)]
public sealed class RedirectTests : IAsyncLifetime
{
    private readonly List<string> _elsewhere = [];
    private WebApplication? _api;
    private WebApplication? _other;

    [Fact]
    public async Task A_redirect_to_another_host_carries_no_token_and_its_401_causes_no_refresh()
    {
        await using var app = NewApp();
        await app.ConnectAsync();

        using var response = await app.ClientOf().GetAsync("away");

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal([""], _elsewhere);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_redirect_of_a_POST_to_another_host_carries_no_token_either()
    {
        await using var app = NewApp();
        await app.ConnectAsync();

        using var response = await app.ClientOf().PostAsync("away", new StringContent("body"));

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal([""], _elsewhere);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_redirect_within_the_API_that_drops_the_header_is_answered_with_the_present_token()
    {
        await using var app = NewApp();
        await app.ConnectAsync();

        using var response = await app.ClientOf().GetAsync("within");

        Assert.Equal("welcome", await response.Content.ReadAsStringAsync());
        Assert.Equal(0, app.CountRefreshes()); // No token was refused: none had arrived.
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
            server.Map("/away", () => Results.Redirect(AddressOf(_other) + "elsewhere", permanent: true, preserveMethod: true));
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

    private TestApp NewApp() => new(options => options.ApiBaseAddress = new Uri(AddressOf(_api!)))
    {
        Network = airwallex =>
        {
            var (simulator, sockets) = (new HttpMessageInvoker(airwallex), new HttpMessageInvoker(new SocketsHttpHandler()));
            return new Network((request, cancellationToken) =>
                (request.RequestUri!.AbsolutePath == "/oauth/token" ? simulator : sockets).SendAsync(request, cancellationToken));
        },
    };

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
}
