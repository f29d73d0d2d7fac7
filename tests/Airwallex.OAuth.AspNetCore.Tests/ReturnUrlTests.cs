using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore.Tests;

public sealed class ReturnUrlTests
{
    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("//evil.example")]
    [InlineData("///evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("\\\\evil.example")]
    [InlineData("/settings\\..\\..")]
    [InlineData("/\t/evil.example")]
    [InlineData("/\n/evil.example")]
    [InlineData("/\r\nSet-Cookie: a=b")]
    [InlineData("/\0/evil.example")]
    [InlineData("\t//evil.example")]
    [InlineData(" //evil.example")]
    [InlineData("%2F%2Fevil.example")]
    [InlineData("/%2F/evil.example")]
    [InlineData("/%2fevil.example")]
    [InlineData("/%5Cevil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("evil.example")]
    [InlineData("settings")]
    [InlineData("~/settings")]
    [InlineData("?a=b")]
    [InlineData("")]
    public async Task A_return_url_that_is_not_local_is_refused(string returnUrl)
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var response = await browser.GetAsync("/airwallex/connect?returnUrl=" + Uri.EscapeDataString(returnUrl));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.DoesNotContain("evil", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a?next=//b.example&u=https://c.example", "/a?next=//b.example&u=https://c.example")]
    [InlineData("/kunden/müller", "/kunden/m%C3%BCller")]
    [InlineData("/a b", "/a%20b")]
    [InlineData("/a/%2F/b", "/a/%2F/b")]
    // A browser resolves the dots to a path of the same site; resolving them here would make another site of it.
    [InlineData("/.//evil.example", "/.//evil.example")]
    public async Task A_local_return_url_comes_back_as_a_header_can_hold_it(string returnUrl, string expected)
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(
            browser, "/airwallex/connect?returnUrl=" + Uri.EscapeDataString(returnUrl));

        Assert.Equal(expected, response.Headers.Location!.OriginalString);
        Assert.Equal("localhost", new Uri(new Uri("http://localhost/"), response.Headers.Location).Host);
    }

    [Theory]
    [InlineData(1024, HttpStatusCode.Redirect)]
    [InlineData(1025, HttpStatusCode.BadRequest)]
    public async Task A_return_url_has_at_most_1024_characters(int length, HttpStatusCode expected)
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var response = await browser.GetAsync("/airwallex/connect?returnUrl=/" + new string('a', length - 1));

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Two_return_urls_are_refused()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        Assert.Equal(
            HttpStatusCode.BadRequest,
            (await browser.GetAsync("/airwallex/connect?returnUrl=/a&returnUrl=//evil.example")).StatusCode);
    }

    [Fact]
    public async Task A_challenge_with_a_foreign_return_url_is_an_error_of_the_application()
    {
        await using var app = await ConnectApp.StartAsync(map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapGet(
                "/start",
                () =>
                    Results.Challenge(new AuthenticationProperties { RedirectUri = "//evil.example" }, ["Airwallex"]));
        });
        using var browser = app.NewBrowser();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => browser.GetAsync("/start"));

        Assert.Contains("local URL", error.Message, StringComparison.Ordinal);
    }
}
