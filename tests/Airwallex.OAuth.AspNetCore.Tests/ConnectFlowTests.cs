using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.AspNetCore.Tests;

public sealed class ConnectFlowTests
{
    [Fact]
    public async Task A_customer_who_authorizes_is_connected_and_back_where_they_started()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(
            browser, "/airwallex/connect?returnUrl=%2Fsettings%3Ftab%3Dbank%23airwallex");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal("/settings?tab=bank#airwallex", response.Headers.Location!.OriginalString);
        var connection = await app.Connections.FindAsync(await app.OnlyAccountAsync());
        Assert.Equal(ConnectionStatus.Active, connection!.Status);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task The_authorize_request_has_everything_Airwallex_asks_for()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var url = (await browser.GetAsync("/airwallex/connect?sign_up=true")).Headers.Location!;

        Assert.Equal(app.Simulator.AuthorizeEndpoint.GetLeftPart(UriPartial.Path), url.GetLeftPart(UriPartial.Path));
        var query = QueryHelpers.ParseQuery(url.Query);
        Assert.Equal("code", query["response_type"]);
        Assert.Equal("simulated-client-id", query["client_id"]);
        Assert.Equal("http://localhost/airwallex/callback", query["redirect_uri"]);
        Assert.Equal("true", query["sign_up"]);
        Assert.Equal("S256", query["code_challenge_method"]);
        Assert.Equal("r:awx_action:balances_view", query["scope"]);
    }

    [Fact]
    public async Task Without_parameters_the_configured_scopes_are_asked_for_and_no_sign_up()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.UsePkce = false);
        using var browser = app.NewBrowser();

        var query = QueryHelpers.ParseQuery((await browser.GetAsync("/airwallex/connect")).Headers.Location!.Query);

        Assert.Equal("r:awx_action:balances_view", query["scope"]);
        Assert.False(query.ContainsKey("sign_up"));
        Assert.False(query.ContainsKey("code_challenge"));
    }

    [Theory]
    [InlineData("sign_up=maybe")]
    [InlineData("sign_up=true&sign_up=false")]
    public async Task An_odd_sign_up_is_refused(string query)
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        Assert.Equal(HttpStatusCode.BadRequest, (await browser.GetAsync("/airwallex/connect?" + query)).StatusCode);
    }

    [Fact]
    public async Task Every_flow_has_its_own_state_and_challenge()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var first = QueryHelpers.ParseQuery((await browser.GetAsync("/airwallex/connect")).Headers.Location!.Query);
        var second = QueryHelpers.ParseQuery((await browser.GetAsync("/airwallex/connect")).Headers.Location!.Query);

        Assert.NotEqual(first["state"], second["state"]);
        Assert.NotEqual(first["code_challenge"], second["code_challenge"]);
    }

    [Fact]
    public async Task Two_flows_of_one_browser_do_not_disturb_each_other()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var first = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/first&sign_up=true");
        var second = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/second&sign_up=true");

        Assert.Equal("/second", (await browser.GetAsync(second)).Headers.Location!.OriginalString);
        Assert.Equal("/first", (await browser.GetAsync(first)).Headers.Location!.OriginalString);
        Assert.Equal(2, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task The_flow_can_be_started_by_a_challenge_that_carries_what_the_application_needs()
    {
        string? tenant = null;
        await using var app = await ConnectApp.StartAsync(
            flow => flow.OnConnected = connected =>
            {
                tenant = connected.Properties.Items["tenant"];
                return Task.CompletedTask;
            },
            map: app =>
            {
                app.MapAirwallexOAuth();
                app.MapGet("/start", () => Results.Challenge(
                    new ConnectProperties
                    {
                        RedirectUri = "/done",
                        SignUp = true,
                        Scopes = ["x"],
                        Items = { ["tenant"] = "t-17" }
                    },
                    [ConnectFlowDefaults.AuthenticationScheme]));
            });
        using var browser = app.NewBrowser();

        var url = (await browser.GetAsync("/start")).Headers.Location!;
        var response = await browser.GetAsync(app.Simulator.Authorize(url));

        Assert.Contains("scope=x&", url.Query, StringComparison.Ordinal);
        Assert.Contains("sign_up=true", url.Query, StringComparison.Ordinal);
        Assert.Equal("/done", response.Headers.Location!.OriginalString);
        Assert.Equal("t-17", tenant);
    }

    [Fact]
    public async Task Scopes_come_from_no_link()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var url = (
            await browser.GetAsync("/airwallex/connect?scopes=w:everything&scope=w:everything")).Headers.Location!;

        Assert.DoesNotContain("everything", url.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_PKCE_the_flow_completes()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.UsePkce = false);
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal("/", response.Headers.Location!.OriginalString);
        Assert.Equal(1, await app.CountConnectionsAsync());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_challenge_without_a_return_url_brings_the_customer_back_to_the_page_that_made_it()
    {
        await using var app = await ConnectApp.StartAsync(map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapGet("/start", () => Results.Challenge(authenticationSchemes: ["Airwallex"]));
        });
        using var browser = app.NewBrowser();

        Assert.Equal("/start?a=b", (await app.ConnectAsync(browser, "/start?a=b")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task OnConnected_can_choose_the_way_on()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = connected =>
        {
            connected.ReturnUrl = "/onboarding/" + connected.Connection.AccountId;
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal("/onboarding/" + await app.OnlyAccountAsync(), response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task OnConnected_can_write_the_answer_itself()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = async connected =>
        {
            connected.HandleResponse();
            await connected.HttpContext.Response.WriteAsync("close this window");
        });
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("close this window", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_application_sees_no_part_of_the_state_that_is_ours()
    {
        IEnumerable<string> keys = [];
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = connected =>
        {
            keys = connected.Properties.Items.Keys;
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();

        await app.ConnectAsync(browser);

        Assert.DoesNotContain(keys, key => key.StartsWith("airwallex", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Neither_cache_nor_next_page_learns_the_address_with_the_code()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var start = await browser.GetAsync("/airwallex/connect");
        var end = await browser.GetAsync(app.Simulator.Authorize(start.Headers.Location!));

        foreach (var response in new[] { start, end })
        {
            Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
            Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
        }
    }

    [Fact]
    public async Task No_token_code_state_or_secret_is_logged()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();

        var callback = new Uri(await app.AuthorizeAsync(browser));
        await browser.GetAsync(callback);

        var token = await app.Connections.GetAccessTokenAsync(await app.OnlyAccountAsync());
        var query = QueryHelpers.ParseQuery(callback.Query);
        foreach (
            var secret in new[] { token, query["code"].ToString(), query["state"].ToString(), "simulated-client-secret",
                ConnectApp.WebhookSecret })
        {
            Assert.DoesNotContain(secret, app.Log.Text, StringComparison.Ordinal);
        }
    }
}
