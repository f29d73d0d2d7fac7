using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>An application's own sign-in by cookie: <c>/sign-in?name=alice</c>, <c>/sign-out</c>, <c>/me</c>.</summary>
internal static class Users
{
    public static void AddUsers(
        this IServiceCollection services, string? defaultScheme = null, SameSiteMode sameSite = SameSiteMode.Lax)
    {
        services.AddAuthentication(options => options.DefaultScheme = defaultScheme)
            .AddCookie(cookie => cookie.Cookie.SameSite = sameSite);
        services.AddAuthorization();
    }

    public static void MapUsers(this WebApplication app)
    {
        app.MapGet("/sign-in", (string name) => Results.SignIn(
            new ClaimsPrincipal(new ClaimsIdentity(
                [new Claim(ClaimTypes.NameIdentifier, "id-of-" + name), new Claim(ClaimTypes.Name, name)],
                CookieAuthenticationDefaults.AuthenticationScheme)),
            authenticationScheme: CookieAuthenticationDefaults.AuthenticationScheme));
        app.MapGet(
            "/sign-out",
            () => Results.SignOut(authenticationSchemes: [CookieAuthenticationDefaults.AuthenticationScheme]));
        app.MapGet("/me", (ClaimsPrincipal user) => user.Identity!.Name).RequireAuthorization();
    }

    /// <summary>Follows the page that leads the browser to the callback once more.</summary>
    public static async Task<HttpResponseMessage> FollowHopAsync(
        this Browser browser, string callback, string? page = null)
    {
        page ??= await (await browser.GetAsync(callback)).Content.ReadAsStringAsync();
        Assert.Contains("http-equiv=\"refresh\"", page, StringComparison.Ordinal);
        var target = WebUtility.HtmlDecode(page.Split("url=")[1].Split('"')[0]);
        return await browser.GetAsync(new Uri(new Uri(callback), target));
    }
}
