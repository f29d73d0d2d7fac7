using System.Net;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>The endpoints as a group, and what is refused at start.</summary>
public sealed class EndpointTests
{
    [Fact]
    public async Task Authorization_of_the_group_guards_the_start_but_locks_out_neither_callback_nor_webhooks()
    {
        await using var app = await ConnectApp.StartAsync(
            services: services =>
            {
                services.AddUsers();
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
        Assert.Equal(HttpStatusCode.BadRequest, callback.StatusCode);
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

        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/airwallex/connect"))).StatusCode);
        Assert.Equal(
            HttpStatusCode.MethodNotAllowed,
            (await browser.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/airwallex/callback"))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await browser.GetAsync("/airwallex/webhooks")).StatusCode);
    }

    [Theory]
    [InlineData("/banking/airwallex")]
    [InlineData("/banking/airwallex/")]
    public async Task The_endpoints_can_be_anywhere(string prefix)
    {
        await using var app = await ConnectApp.StartAsync(map: app => app.MapAirwallexOAuth(prefix));
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/banking/airwallex/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal(
            "/", (await app.ConnectAsync(browser, "/banking/airwallex/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_endpoints_can_be_at_the_root()
    {
        await using var app = await ConnectApp.StartAsync(map: app => app.MapAirwallexOAuth("/"));
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal("/", (await app.ConnectAsync(browser, "/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task The_endpoints_can_be_in_a_group()
    {
        await using var app = await ConnectApp.StartAsync(map: app => app.MapGroup("/api").MapAirwallexOAuth());
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/api/airwallex/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal("/", (await app.ConnectAsync(browser, "/api/airwallex/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Route_options_of_the_application_do_not_change_the_redirect_uri()
    {
        await using var app = await ConnectApp.StartAsync(
            services: services =>
                services.AddRouting(routes => (routes.LowercaseUrls, routes.AppendTrailingSlash) = (true, true)),
            map: app => app.MapAirwallexOAuth("/Bank"));
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/Bank/callback"));
        using var browser = app.NewBrowser();

        Assert.Equal("/", (await app.ConnectAsync(browser, "/Bank/connect")).Headers.Location!.OriginalString);
    }

    [Fact]
    public void A_prefix_without_a_slash_is_refused_as_what_it_may_have_been_meant_for()
    {
        var builder = WebApplication.CreateBuilder();
        using var app = builder.Build();

        var error = Assert.Throws<ArgumentException>(() => app.MapAirwallexOAuth("eu"));

        Assert.Equal("prefix", error.ParamName);
        Assert.Contains("applicationName", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://pay.example/t1/airwallex/callback")]
    public async Task Endpoints_under_a_path_with_parameters_are_refused_at_start(string? redirectUri)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(
            options: core => core.RedirectUri = redirectUri is null ? null : new Uri(redirectUri),
            map: app => app.MapAirwallexOAuth("/{tenant}/airwallex")));

        Assert.Contains("fixed path", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoints_that_are_mapped_twice_are_refused()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapAirwallexOAuth("/again");
        }));

        Assert.Contains("once", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://pay.example/oauth/callback", "/airwallex/callback")]
    [InlineData("https://pay.example/Airwallex/Callback", "/airwallex/callback")]
    [InlineData("https://pay.example/airwallex/callback/", "/airwallex/callback")]
    [InlineData("https://pay.example/my-airwallex/callback", "/airwallex/callback")]
    public async Task A_redirect_uri_that_cannot_lead_to_the_callback_is_refused_at_start(
        string redirectUri, string callback)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(
            options: core => core.RedirectUri = new Uri(redirectUri)));

        Assert.Contains(redirectUri, error.Message, StringComparison.Ordinal);
        Assert.Contains($"callback at {callback}:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_uri_is_held_against_the_whole_path_of_a_group()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(
            options: core => core.RedirectUri = new Uri("https://pay.example/airwallex/callback"),
            map: app => app.MapGroup("/api").MapAirwallexOAuth()));

        Assert.Contains("/api/airwallex/callback", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_scopes_are_found_at_start()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectApp.StartAsync(options: core => core.Scopes = []));

        Assert.Contains("Scopes", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://pay.example/airwallex/callback")]
    public async Task A_flow_without_a_place_to_come_back_to_is_found_at_start(string? redirectUri)
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => ConnectApp.StartAsync(
            options: core => core.RedirectUri = redirectUri is null ? null : new Uri(redirectUri), map: _ => { }));

        Assert.Contains("customers could not come back", error.Message, StringComparison.Ordinal);
        Assert.Contains("app.MapAirwallexOAuth()", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://*:0", null, false, true)]
    [InlineData("http://0.0.0.0:0", null, false, true)]
    [InlineData("http://0.0.0.0:0", "https://pay.example/airwallex/callback", false, false)]
    [InlineData("http://0.0.0.0:0", null, true, false)]
    [InlineData("http://127.0.0.1:0", null, false, false)]
    public async Task A_server_that_can_hardly_know_the_redirect_uri_says_so_at_start(
        string listensOn, string? redirectUri, bool forwards, bool warns)
    {
        await using var app = await ConnectApp.StartAsync(new Setup
        {
            OnKestrel = true,
            Urls = listensOn,
            Options = core => core.RedirectUri = redirectUri is null ? null : new Uri(redirectUri),
            Services = services => services.Configure<ForwardedHeadersOptions>(headers =>
                headers.ForwardedHeaders = forwards ? ForwardedHeaders.All : ForwardedHeaders.None),
        });

        Assert.Equal(warns, app.Log.Text.Contains("RedirectUri is not set", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_fault_of_the_options_is_named_at_once()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(() => ConnectApp.StartAsync(
            flow =>
            {
                flow.StateLifetime = TimeSpan.FromDays(10);
                flow.Webhooks.MaxAge = TimeSpan.FromMinutes(-1);
                flow.Webhooks.Secrets = ["fine", " "];
            }));

        Assert.Contains("StateLifetime is 10.00:00:00 (10 days)", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxAge is -00:01:00", error.Message, StringComparison.Ordinal);
        Assert.Contains("blank secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fine", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_of_the_core_are_named_once()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => ConnectApp.StartAsync(options: core => core.ClientId = ""));

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
        var services = new ServiceCollection();
        services.AddAirwallexOAuth(_ => { })
            .AddConnectFlow(flow => flow.StateLifetime = TimeSpan.FromMinutes(3))
            .AddConnectFlow(flow => flow.UsePkce = false);
        await using var provider = services.BuildServiceProvider();

        var options = provider.GetRequiredService<IOptions<ConnectFlowOptions>>().Value;

        Assert.Equal(TimeSpan.FromMinutes(3), options.StateLifetime);
        Assert.False(options.UsePkce);
    }
}
