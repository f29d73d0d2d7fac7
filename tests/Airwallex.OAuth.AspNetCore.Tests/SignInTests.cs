using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>The flow beside an application's own sign-in.</summary>
public sealed class SignInTests
{
    [Theory]
    [InlineData(null)]
    [InlineData(CookieAuthenticationDefaults.AuthenticationScheme)]
    public async Task A_signed_in_user_stays_signed_in_and_is_told_to_OnConnected(string? defaultScheme)
    {
        string? linked = null;
        await using var app = await StartWithCookiesAsync(defaultScheme, flow => flow.OnConnected = connected =>
        {
            linked = $"{connected.User.Identity!.Name} has {connected.Connection.AccountId}";
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=alice");
        var session = browser.Cookies.GetAllCookies()[".AspNetCore.Cookies"]!.Value;

        var response = await app.ConnectAsync(browser, "/airwallex/connect?returnUrl=/me");

        Assert.Equal("/me", response.Headers.Location!.OriginalString);
        Assert.Equal($"alice has {await app.OnlyAccountAsync()}", linked);
        Assert.Equal("alice", await ReadAsync(browser, "/me"));
        Assert.Equal(session, browser.Cookies.GetAllCookies()[".AspNetCore.Cookies"]!.Value);
        Assert.False(
            response.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(
                cookie => cookie.Contains("AspNetCore.Cookies", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nobody_is_signed_in_by_connecting()
    {
        ClaimsPrincipal? user = null;
        await using var app = await StartWithCookiesAsync(null, flow => flow.OnConnected = connected =>
        {
            user = connected.User;
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();

        await browser.FollowHopAsync(await app.AuthorizeAsync(browser));

        Assert.False(user!.Identity?.IsAuthenticated ?? false);
        Assert.DoesNotContain(
            browser.Cookies.GetAllCookies(), cookie => cookie.Name.Contains("AspNetCore", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync("/me")).StatusCode);
    }

    [Fact]
    public async Task The_only_scheme_of_an_application_stays_its_default()
    {
        await using var app = await StartWithCookiesAsync(null);
        using var browser = app.NewBrowser();

        var challenged = await browser.GetAsync("/me");

        Assert.StartsWith(
            "http://localhost/Account/Login", challenged.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var schemes = app.App.Services.GetRequiredService<IAuthenticationSchemeProvider>();
        Assert.Equal("Cookies", (await schemes.GetDefaultSignInSchemeAsync())!.Name);
        Assert.Equal("Cookies", (await schemes.GetDefaultChallengeSchemeAsync())!.Name);
    }

    [Fact]
    public async Task An_application_without_any_scheme_still_has_no_default()
    {
        await using var app = await ConnectApp.StartAsync();

        var schemes = app.App.Services.GetRequiredService<IAuthenticationSchemeProvider>();

        Assert.Null(await schemes.GetDefaultAuthenticateSchemeAsync());
        Assert.Null(await schemes.GetDefaultChallengeSchemeAsync());
        Assert.Null(await schemes.GetDefaultSignInSchemeAsync());
        Assert.Null(await schemes.GetDefaultForbidSchemeAsync());
    }

    [Fact]
    public async Task An_application_with_several_schemes_and_no_default_still_has_none()
    {
        await using var app = await ConnectApp.StartAsync(
            services: services => services.AddAuthentication().AddCookie("a").AddCookie("b"));

        Assert.Null(
            await app.App.Services.GetRequiredService<IAuthenticationSchemeProvider>()
                .GetDefaultAuthenticateSchemeAsync());
    }

    [Fact]
    public async Task The_scheme_is_no_way_to_authenticate()
    {
        await using var app = await ConnectApp.StartAsync(map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapGet("/who", async (HttpContext context) => (await context.AuthenticateAsync("Airwallex")).None);
            app.MapGet("/forbid", () => Results.Forbid(authenticationSchemes: ["Airwallex"]));
        });
        using var browser = app.NewBrowser();

        Assert.Equal("true", await ReadAsync(browser, "/who"));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync("/forbid")).StatusCode);
    }

    [Fact]
    public async Task The_scheme_is_not_offered_on_sign_in_pages()
    {
        await using var app = await ConnectApp.StartAsync();

        Assert.Null(
            (
                await app.App.Services.GetRequiredService<IAuthenticationSchemeProvider>()
                    .GetSchemeAsync("Airwallex"))!.DisplayName);
    }

    [Fact]
    public async Task The_user_is_known_without_UseAuthentication_in_the_pipeline()
    {
        string? name = null;
        await using var app = await ConnectApp.StartAsync(new Setup
        {
            Flow = flow => flow.OnConnected = connected =>
            {
                name = connected.User.Identity!.Name;
                return Task.CompletedTask;
            },
            Services = services => services.AddUsers(),
            Map = app =>
            {
                // The application's builder adds UseAuthentication by itself, unless it finds that it is there.
                ((IApplicationBuilder)app).Properties["__AuthenticationMiddlewareSet"] = true;
                app.MapAirwallexOAuth();
                app.MapUsers();
            },
        });
        using var browser = app.NewBrowser();
        await browser.GetAsync("/sign-in?name=bob");

        await app.ConnectAsync(browser);

        Assert.Equal("bob", name);
    }

    private static Task<ConnectApp> StartWithCookiesAsync(
        string? defaultScheme, Action<ConnectFlowOptions>? flow = null) =>
        ConnectApp.StartAsync(
            flow,
            services: services => services.AddUsers(defaultScheme),
            map: app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapAirwallexOAuth();
                app.MapUsers();
            });

    private static async Task<string> ReadAsync(Browser browser, string url)
    {
        var response = await browser.GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
