using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>The endpoints as a group, and what is refused at start.</summary>
public sealed class EndpointTests
{
    [Fact]
    public async Task Authorization_of_the_group_guards_the_flow_but_not_the_webhooks()
    {
        await using var app = await ConnectApp.StartAsync(
            services: services =>
            {
                services.AddAuthentication().AddCookie();
                services.AddAuthorization();
            },
            map: app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapAirwallexOAuth().RequireAuthorization();
            });
        using var browser = app.NewBrowser();

        var connect = await browser.GetAsync("/airwallex/connect");
        var callback = await browser.GetAsync("/airwallex/callback?code=abc&state=forged");
        var webhook = await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/airwallex/webhooks"));

        Assert.Contains("/Account/Login", connect.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Contains("/Account/Login", callback.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, webhook.StatusCode);
    }

    [Fact]
    public async Task Rate_limits_of_the_group_hold()
    {
        await using var app = await ConnectApp.StartAsync(
            services: services => services.AddRateLimiter(limiter => limiter.AddFixedWindowLimiter("one", window =>
            {
                window.PermitLimit = 1;
                window.Window = TimeSpan.FromHours(1);
                window.QueueProcessingOrder = QueueProcessingOrder.OldestFirst;
            })),
            map: app =>
            {
                app.UseRateLimiter();
                app.MapAirwallexOAuth().RequireRateLimiting("one");
            });
        using var browser = app.NewBrowser();

        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync("/airwallex/connect")).StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.GetAsync("/airwallex/connect")).StatusCode);
    }

    [Fact]
    public async Task Each_endpoint_takes_its_own_method_alone()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/airwallex/connect"))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/airwallex/callback"))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await browser.GetAsync("/airwallex/webhooks")).StatusCode);
    }

    [Theory]
    [InlineData("/banking/airwallex")]
    [InlineData("banking/airwallex/")]
    public async Task The_endpoints_can_be_anywhere(string prefix)
    {
        await using var app = await ConnectApp.StartAsync(
            flow => flow.CallbackPath = "/banking/airwallex/callback",
            map: app => app.MapAirwallexOAuth(prefix));
        app.Simulator.AllowRedirectUri(new Uri("http://localhost/banking/airwallex/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal("/", (await app.ConnectAsync(browser, "/banking/airwallex/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_endpoints_can_be_in_a_group()
    {
        await using var app = await ConnectApp.StartAsync(
            flow => flow.CallbackPath = "/api/airwallex/callback",
            map: app => app.MapGroup("/api").MapAirwallexOAuth());
        app.Simulator.AllowRedirectUri(new Uri("http://localhost/api/airwallex/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal("/", (await app.ConnectAsync(browser, "/api/airwallex/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Endpoints_away_from_the_callback_path_are_refused()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(map: app => app.MapAirwallexOAuth("/elsewhere")));

        Assert.Contains("/elsewhere/callback", error.Message, StringComparison.Ordinal);
        Assert.Contains("CallbackPath is /airwallex/callback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_in_a_group_away_from_the_callback_path_are_refused()
    {
        await using var app = await ConnectApp.StartAsync(map: app => app.MapGroup("/api").MapAirwallexOAuth());
        using var browser = app.NewBrowser();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => browser.GetAsync("/api/airwallex/connect"));

        Assert.Contains("/api/airwallex/callback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_uri_away_from_the_callback_path_is_refused_at_start()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ConnectApp.StartAsync(
            options: core => core.RedirectUri = new Uri("https://pay.example/oauth/callback"), map: _ => { }));

        Assert.Contains("https://pay.example/oauth/callback", error.Message, StringComparison.Ordinal);
        Assert.Contains("/airwallex/callback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_fault_of_the_options_is_named_at_once()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ConnectApp.StartAsync(
            flow =>
            {
                flow.CallbackPath = "";
                flow.StateLifetime = TimeSpan.Zero;
                flow.Webhooks.TimestampTolerance = TimeSpan.FromMinutes(-1);
                flow.Webhooks.Secrets = ["fine", " "];
            },
            map: _ => { }));

        Assert.Equal(4, error.Failures.Count());
        Assert.DoesNotContain("fine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_the_core_are_named_once()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ConnectApp.StartAsync(options: core => core.ClientId = "", map: _ => { }));

        Assert.Equal(typeof(AirwallexOAuthOptions), error.OptionsType);
    }

    [Fact]
    public void Mapping_without_the_flow_says_what_is_missing()
    {
        var builder = WebApplication.CreateBuilder();
        using var app = builder.Build();

        var error = Assert.Throws<InvalidOperationException>(() => app.MapAirwallexOAuth());

        Assert.Contains("AddConnectFlow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Adding_the_flow_twice_adds_to_its_configuration()
    {
        await using var app = await ConnectApp.StartAsync(services: services =>
            services.AddAirwallexOAuth().AddConnectFlow(flow => flow.StateLifetime = TimeSpan.FromMinutes(3)));

        Assert.Equal(TimeSpan.FromMinutes(3), app.App.Services.GetRequiredService<IOptions<ConnectFlowOptions>>().Value.StateLifetime);
    }
}
