using System.Net;
using System.Text.Json;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.AspNetCore.Tests;

[Collection(VirtualTime.Name)]
public sealed class CallbackRefusalTests
{
    private ConnectFailureKind? _kind;

    [Theory]
    [InlineData("")]
    [InlineData("?code=abc")]
    [InlineData("?code=abc&state=")]
    [InlineData("?code=abc&state=forged")]
    [InlineData("?state=forged")]
    [InlineData("?code=abc&code=def&state=forged")]
    [InlineData("?code=abc&error=access_denied&state=forged")]
    [InlineData("?error=access_denied&state=forged")]
    [InlineData("?code=%20&state=forged")]
    public async Task A_forged_callback_is_refused_and_nothing_is_sent(string query)
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();

        var response = await browser.GetAsync("/airwallex/callback" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(ConnectFailureKind.InvalidCallback, _kind);
        Assert.Empty(app.Simulator.Journal);
    }

    [Fact]
    public async Task A_callback_of_another_browser_is_refused_and_nothing_is_sent()
    {
        await using var app = await StartAsync();
        using var attacker = app.NewBrowser();
        using var victim = app.NewBrowser();
        await victim.GetAsync("/airwallex/connect");

        var response = await victim.GetAsync(await app.AuthorizeAsync(attacker));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(ConnectFailureKind.MissingCookie, _kind);
        Assert.Contains("cookie", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, app.ExchangesSent());
    }

    [Fact]
    public async Task The_code_of_one_flow_cannot_be_put_into_another()
    {
        await using var app = await StartAsync();
        using var attacker = app.NewBrowser();
        using var victim = app.NewBrowser();
        var stolen = QueryHelpers.ParseQuery(new Uri(await app.AuthorizeAsync(attacker)).Query)["code"].ToString();
        var own = QueryHelpers.ParseQuery(new Uri(await app.AuthorizeAsync(victim)).Query)["state"].ToString();

        var response = await victim.GetAsync($"/airwallex/callback?code={stolen}&state={Uri.EscapeDataString(own)}");

        // PKCE: the attacker's code fits no other flow's verifier. To Airwallex's client, it is a code like any other
        // that was refused.
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(ConnectFailureKind.AlreadyUsed, _kind);
        Assert.Equal(0, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task A_state_that_was_tampered_with_is_refused()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        var state = QueryHelpers.ParseQuery(new Uri(callback).Query)["state"].ToString();
        var middle = state.Length / 2;
        var tampered = state[..middle] + (state[middle] == 'A' ? 'B' : 'A') + state[(middle + 1)..];

        var response = await browser.GetAsync(callback.Replace(state, tampered, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, app.ExchangesSent());
    }

    [Fact]
    public async Task A_customer_who_takes_too_long_must_start_again()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        app.Time.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));
        var response = await browser.GetAsync(callback);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(ConnectFailureKind.Expired, _kind);
        Assert.Equal(0, app.ExchangesSent());
    }

    [Fact]
    public async Task A_customer_may_take_as_long_as_the_state_lives()
    {
        await using var app = await StartAsync(flow => flow.StateLifetime = TimeSpan.FromMinutes(5));
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        app.Time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(2));

        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync(callback)).StatusCode);
    }

    [Fact]
    public async Task The_browser_forgets_its_cookie_when_the_state_expires()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();

        var cookie = Assert.Single((await browser.GetAsync("/airwallex/connect")).Headers.GetValues("Set-Cookie"));

        var expires = app.Time.GetUtcNow() + TimeSpan.FromMinutes(10);
        Assert.Contains($"expires={expires:R}", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("path=/airwallex/callback;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Over_https_the_cookie_is_for_https_alone()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser("https://localhost");

        var cookie = Assert.Single((await browser.GetAsync("/airwallex/connect")).Headers.GetValues("Set-Cookie"));

        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_customer_who_declines_sees_a_page_that_says_so()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var authorize = (await browser.GetAsync("/airwallex/connect?returnUrl=/settings")).Headers.Location!;

        var response = await browser.GetAsync(app.Simulator.Decline(authorize));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(ConnectFailureKind.Declined, _kind);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("Airwallex was not connected", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/settings\"", page, StringComparison.Ordinal);
        Assert.Equal("no-referrer", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
    }

    [Fact]
    public async Task A_decline_without_state_is_told_as_what_it_is()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();

        var response = await browser.GetAsync("/airwallex/callback?error=access_denied");

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(ConnectFailureKind.Declined, _kind);
    }

    [Fact]
    public async Task An_error_of_Airwallex_is_shown_encoded()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var authorize = (await browser.GetAsync("/airwallex/connect")).Headers.Location!;
        var callback = app.Simulator.Decline(authorize)
            .Replace("error=access_denied", "error=invalid_scope", StringComparison.Ordinal)
            .Replace(
                "error_description=",
                "error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
                StringComparison.Ordinal);

        var response = await browser.GetAsync(callback);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(ConnectFailureKind.AuthorizationError, _kind);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("Airwallex said: invalid_scope (&lt;script&gt;alert(1)", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains(
            "default-src 'none'",
            Assert.Single(response.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_that_Airwallex_refuses_is_told_without_the_code()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        var code = QueryHelpers.ParseQuery(new Uri(callback).Query)["code"].ToString();

        var response = await browser.GetAsync(callback.Replace(code, "no-such-code", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(ConnectFailureKind.AlreadyUsed, _kind);
        Assert.DoesNotContain(
            "no-such-code", await response.Content.ReadAsStringAsync() + app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_client_is_no_fault_of_the_customer()
    {
        await using var app = await StartAsync(options: core => core.ClientSecret = "wrong-secret");
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(ConnectFailureKind.ExchangeFailed, _kind);
        Assert.DoesNotContain(
            "wrong-secret", await response.Content.ReadAsStringAsync() + app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Airwallex_being_down_is_told_as_transient()
    {
        await using var app = await StartAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));
        using var browser = app.NewBrowser();

        var callback = await app.AuthorizeAsync(browser);
        var pending = browser.GetAsync(callback);
        await app.AdvanceUntilAsync(() => pending.IsCompleted);
        var response = await pending;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(ConnectFailureKind.ExchangeFailed, _kind);
    }

    [Fact]
    public async Task A_store_that_is_down_is_told_as_such()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        app.Store.IsDown = true;
        var pending = browser.GetAsync(callback);
        await app.AdvanceUntilAsync(() => pending.IsCompleted);
        var response = await pending;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(ConnectFailureKind.StoreUnavailable, _kind);
        Assert.Contains("not saved yet", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // The library keeps what Airwallex issued, and saves it when it can.
        app.Store.IsDown = false;
        await app.AdvanceUntilAsync(() => app.Store.Writes > 0);
    }

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("application/json, text/html;q=0.5", true)]
    [InlineData("text/html, application/json;q=0.9", false)]
    [InlineData("*/*", false)]
    [InlineData("image/png", false)]
    public async Task Those_who_ask_for_JSON_get_problem_details(string accept, bool json)
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        browser.Accept = accept;

        var response = await browser.GetAsync("/airwallex/callback?code=abc&state=forged");

        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(json ? "application/problem+json" : "text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("forged", body, StringComparison.Ordinal);
        if (json)
        {
            Assert.Equal(400, JsonDocument.Parse(body).RootElement.GetProperty("status").GetInt32());
        }
    }

    [Fact]
    public async Task The_application_can_answer_a_failure_itself()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnFailed = failed =>
        {
            failed.HandleResponse();
            failed.HttpContext.Response.Redirect(failed.ReturnUrl + "?airwallex=" + failed.Kind);
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();
        var authorize = (await browser.GetAsync("/airwallex/connect?returnUrl=/settings")).Headers.Location!;

        var response = await browser.GetAsync(app.Simulator.Decline(authorize));

        Assert.Equal("/settings?airwallex=Declined", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task What_OnConnected_throws_is_the_applications_own_and_the_connection_stays()
    {
        await using var app = await ConnectApp.StartAsync(
            flow => flow.OnConnected = _ => throw new InvalidTimeZoneException("a bug of the application"));
        using var browser = app.NewBrowser();

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => app.ConnectAsync(browser));

        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    private Task<ConnectApp> StartAsync(
        Action<ConnectFlowOptions>? flow = null, Action<AirwallexOAuthOptions>? options = null) =>
        ConnectApp.StartAsync(
            connect =>
            {
                connect.OnFailed = failed =>
                {
                    _kind = failed.Kind;
                    return Task.CompletedTask;
                };
                flow?.Invoke(connect);
            },
            options);
}
