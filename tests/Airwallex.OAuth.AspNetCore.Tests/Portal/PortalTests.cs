using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>The portal without a browser.</summary>
public sealed class PortalTests
{
    [Fact]
    public async Task The_portal_opens_without_any_configuration()
    {
        await using var portal =
            new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseEnvironment("Development"));
        using var http = portal.CreateClient();

        var page = await http.GetAsync("/");

        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("Sign up with Airwallex", html, StringComparison.Ordinal);
        Assert.Contains("Make trouble", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal);
        Assert.Equal("Healthy", await http.GetStringAsync("/health"));
    }

    [Fact]
    public async Task Nobody_makes_trouble_in_production()
    {
        await using var portal =
            new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseEnvironment("Production"));
        using var http = portal.CreateClient();

        Assert.DoesNotContain("Make trouble", await http.GetStringAsync("/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/Trouble")]
    [InlineData("/connections/acct_1?handler=Disconnect")]
    public async Task A_form_of_another_site_changes_nothing(string url)
    {
        await using var portal =
            new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseEnvironment("Development"));
        using var http = portal.CreateClient();
        using var form = new FormUrlEncodedContent([new("trouble", "down")]);

        Assert.Equal(
            HttpStatusCode.BadRequest, (await http.PostAsync(new Uri(url, UriKind.Relative), form)).StatusCode);
    }

    [Theory]
    [InlineData("/connections/acct_unknown")]
    [InlineData("/nowhere")]
    public async Task A_page_that_is_not_there_says_so(string url)
    {
        await using var portal = new WebApplicationFactory<Program>();
        using var http = portal.CreateClient();

        var page = await http.GetAsync(url);

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.Contains("There is no such page", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
