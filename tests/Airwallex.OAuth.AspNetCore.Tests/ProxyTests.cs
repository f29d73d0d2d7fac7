using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.TestHost;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>The flow below a path base and behind proxies.</summary>
public sealed class ProxyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Below_a_path_base_the_customer_comes_back_there(bool signsIn)
    {
        await using var app = await ConnectApp.StartAsync(
            services: services =>
            {
                if (signsIn)
                {
                    services.AddUsers();
                }
            },
            map: app =>
            {
                if (signsIn)
                {
                    // Before the path base, as an application's builder places it by itself.
                    app.UseAuthentication();
                }

                app.UsePathBase("/portal");
                app.UseRouting();
                app.MapAirwallexOAuth();
            });
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/portal/airwallex/callback"));
        using var browser = app.NewBrowser();

        var callback = await app.AuthorizeAsync(browser, "/portal/airwallex/connect");
        var response = signsIn ? await browser.FollowHopAsync(callback) : await browser.GetAsync(callback);

        Assert.Equal("/portal/", response.Headers.Location!.OriginalString);
        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task A_failure_below_a_path_base_leads_back_there()
    {
        await using var app = await ConnectApp.StartAsync(map: app =>
        {
            app.UsePathBase("/portal");
            app.UseRouting();
            app.MapAirwallexOAuth();
        });
        app.Simulator.DefaultClient.AllowRedirectUri(new Uri("http://localhost/portal/airwallex/callback"));
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/portal/airwallex/connect?sign_up=true");

        app.Time.Advance(TimeSpan.FromHours(1));
        var page = await (await browser.GetAsync(callback)).Content.ReadAsStringAsync();

        Assert.Contains("href=\"/portal/airwallex/connect?sign_up=true\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configured_redirect_uri_wins_over_the_address_of_the_request()
    {
        var redirectUri = new Uri("https://pay.example/base/airwallex/callback");
        await using var app = await ConnectApp.StartAsync(options: core => core.RedirectUri = redirectUri);
        app.Simulator.DefaultClient.AllowRedirectUri(redirectUri);
        using var browser = app.NewBrowser();

        var started = await browser.GetAsync("/airwallex/connect");

        Assert.Equal("pay.example", new Uri(app.Simulator.Authorize(started.Headers.Location!)).Host);
        var cookie = Assert.Single(started.Headers.GetValues("Set-Cookie"));
        Assert.Contains("path=/base/airwallex/callback;", cookie, StringComparison.Ordinal);
        Assert.Contains("secure", cookie, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behind_a_proxy_that_strips_a_prefix_the_customer_is_connected(bool forwards)
    {
        var redirectUri = new Uri("http://localhost/shop/airwallex/callback");
        await using var app = await ConnectApp.StartAsync(
            options: core => core.RedirectUri = forwards ? null : redirectUri,
            map: app =>
            {
                var headers = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.All };
                app.UseForwardedHeaders(headers);
                app.MapAirwallexOAuth();
            });
        app.Simulator.DefaultClient.AllowRedirectUri(redirectUri);
        await using var proxy = await new PrefixProxy(
            "/shop", app.App.GetTestServer().CreateHandler(), forwards).StartAsync();
        using var browser = new Browser(proxy.CreateHandler(), new Uri("http://localhost"));

        var callback = await app.AuthorizeAsync(browser, "/shop/airwallex/connect");
        var response = await browser.GetAsync(callback);

        Assert.Equal("http://localhost/shop/airwallex/callback", new Uri(callback).GetLeftPart(UriPartial.Path));
        Assert.Equal("/shop/", response.Headers.Location!.OriginalString);
        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task Behind_a_proxy_a_page_leads_back_through_the_proxy()
    {
        var redirectUri = new Uri("http://localhost/shop/airwallex/callback");
        await using var app = await ConnectApp.StartAsync(options: core => core.RedirectUri = redirectUri);
        app.Simulator.DefaultClient.AllowRedirectUri(redirectUri);
        await using var proxy = await new PrefixProxy(
            "/shop", app.App.GetTestServer().CreateHandler(), forwards: false).StartAsync();
        using var browser = new Browser(proxy.CreateHandler(), new Uri("http://localhost"));

        var forged = await browser.GetAsync("/shop/airwallex/callback?code=a&state=forged");
        var expired = await app.AuthorizeAsync(browser, "/shop/airwallex/connect");
        app.Time.Advance(TimeSpan.FromHours(1));

        Assert.Contains("href=\"/shop/\"", await forged.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(
            "href=\"/shop/airwallex/connect\"", await (await browser.GetAsync(expired)).Content
                .ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_uri_that_Airwallex_would_refuse_is_not_made_up_from_an_internal_address()
    {
        await using var app = await ConnectApp.StartAsync();
        await using var proxy = await new PrefixProxy(
            "/shop", app.App.GetTestServer().CreateHandler(), forwards: false).StartAsync();
        using var browser = new Browser(proxy.CreateHandler(), new Uri("http://localhost"));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => browser.GetAsync("/shop/airwallex/connect"));

        Assert.Contains("use forwarded headers", error.Message, StringComparison.Ordinal);
        Assert.Empty(app.Simulator.Journal);
    }
}
