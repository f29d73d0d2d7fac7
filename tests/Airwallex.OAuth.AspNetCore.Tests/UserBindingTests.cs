using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>An account is linked to the user who started, or to nobody.</summary>
public sealed class UserBindingTests
{
    private readonly List<ClaimsPrincipal> _linked = [];
    private ConnectFailureKind? _kind;

    [Fact]
    public async Task Another_user_at_the_callback_gets_nothing_and_nothing_is_exchanged()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync("/sign-in?name=bob");

        var response = await browser.GetAsync(callback);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(ConnectFailureKind.AnotherUser, _kind);
        Assert.Equal(0, app.ExchangesSent());
        Assert.Empty(_linked);
        Assert.Contains("another user", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_user_who_started_can_come_back_to_it()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync("/sign-in?name=bob");
        await browser.GetAsync(callback);

        await browser.GetAsync("/sign-in?name=alice");

        Assert.Equal("/", (await browser.GetAsync(callback)).Headers.Location!.OriginalString);
        Assert.Equal("alice", Assert.Single(_linked).Identity!.Name);
    }

    [Fact]
    public async Task Without_cookies_of_another_site_one_hop_brings_them()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var callback = await app.AuthorizeAsync(browser);
        using var fromAirwallex = browser.WithoutCookie("AspNetCore.Cookies");

        var page = await fromAirwallex.GetAsync(callback);
        var html = await page.Content.ReadAsStringAsync();
        var response = await browser.FollowHopAsync(callback, html);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal("/", response.Headers.Location!.OriginalString);
        Assert.Equal("alice", Assert.Single(_linked).Identity!.Name);
    }

    [Fact]
    public async Task Another_user_whom_the_hop_brings_gets_nothing()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync("/sign-in?name=bob");
        using var fromAirwallex = browser.WithoutCookie("AspNetCore.Cookies");

        var html = await (await fromAirwallex.GetAsync(callback)).Content.ReadAsStringAsync();
        var response = await browser.FollowHopAsync(callback, html);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(0, app.ExchangesSent());
    }

    [Fact]
    public async Task Where_nobody_is_signed_in_at_the_callback_the_user_of_the_start_counts()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var url = await browser.SendAsync(
            new HttpRequestMessage(
                HttpMethod.Post, "/api/connect")
            { Headers = { { "Authorization", "Test alice" } } });
        var callback = app.Simulator.Authorize(new Uri(await url.Content.ReadAsStringAsync()));

        var response = await browser.FollowHopAsync(callback);

        Assert.Equal("/", response.Headers.Location!.OriginalString);
        var user = Assert.Single(_linked);
        Assert.True(user.Identity!.IsAuthenticated);
        Assert.Equal("id-of-alice", user.FindFirstValue("sub"));
    }

    [Fact]
    public async Task Somebody_who_signs_in_between_start_and_callback_is_the_one_who_connects()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync("/sign-in?name=alice");

        await browser.GetAsync(callback);

        Assert.Equal("alice", Assert.Single(_linked).Identity!.Name);
    }

    [Fact]
    public async Task A_group_that_requires_authorization_lets_the_callback_in_without_Strict_cookies()
    {
        await using var app = await StartAsync(requireAuthorization: true);
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var callback = await app.AuthorizeAsync(browser);
        using var fromAirwallex = browser.WithoutCookie("AspNetCore.Cookies");

        var html = await (await fromAirwallex.GetAsync(callback)).Content.ReadAsStringAsync();

        Assert.Equal("/", (await browser.FollowHopAsync(callback, html)).Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("sub", "42", "sub", "42", true)]
    [InlineData("sub", "42", ClaimTypes.NameIdentifier, "42", true)]
    [InlineData("sub", "42", "sub", "43", false)]
    [InlineData(ClaimTypes.Name, "alice", ClaimTypes.Name, "bob", false)]
    [InlineData("employee", "7", "employee", "7", true)]
    [InlineData("employee", "7", "employee", "8", false)]
    public void Users_are_told_apart_by_what_identifies_them(
        string type, string value, string otherType, string otherValue, bool same)
    {
        var first = ConnectUser.Identify(User(type, value))!;
        var second = ConnectUser.Identify(User(otherType, otherValue))!;

        Assert.Equal(same, first.Value == second.Value);

        static ClaimsPrincipal User(string type, string value) =>
            new(new ClaimsIdentity([new Claim(type, value)], "Test"));
    }

    private Task<ConnectApp> StartAsync(bool requireAuthorization = false) => ConnectApp.StartAsync(
        flow =>
        {
            flow.OnConnecting = connecting =>
            {
                _linked.Add(connecting.User);
                return Task.CompletedTask;
            };
            flow.OnFailed = failed =>
            {
                _kind = failed.Kind;
                return Task.CompletedTask;
            };
        },
        services: services =>
        {
            services.AddUsers("Cookies", SameSiteMode.Strict);
            services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, HeaderHandler>("Test", null);
        },
        map: app =>
        {
            var group = app.MapAirwallexOAuth();
            if (requireAuthorization)
            {
                group.RequireAuthorization();
            }

            app.MapUsers();
            app.MapPost(
                "/api/connect",
                async (HttpContext context) => (await context.CreateAirwallexConnectUrlAsync()).AbsoluteUri)
                .RequireAuthorization(policy => policy.AddAuthenticationSchemes("Test").RequireAuthenticatedUser());
        });

    private sealed class HeaderHandler(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, System.Text.Encodings.Web
            .UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var header = Request.Headers.Authorization.ToString();
            return Task.FromResult(header.StartsWith("Test ", StringComparison.Ordinal)
                ? AuthenticateResult.Success(new AuthenticationTicket(
                    new ClaimsPrincipal(
                        new ClaimsIdentity([new Claim("sub", "id-of-" + header[5..])], "Test")), "Test"))
                : AuthenticateResult.NoResult());
        }
    }
}
