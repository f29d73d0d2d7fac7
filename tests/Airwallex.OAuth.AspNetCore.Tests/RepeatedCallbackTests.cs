using System.Net;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>Double clicks, reloads and Back: a customer who is connected is never told otherwise.</summary>
public sealed class RepeatedCallbackTests
{
    [Fact]
    public async Task A_double_click_ends_where_the_first_click_ends()
    {
        await using var app = await ConnectApp.StartAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(5)));
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/settings");

        var first = browser.GetAsync(callback);
        await ConnectApp.WaitUntilAsync(() => app.Simulator.DelayedRequests == 1);
        var second = browser.GetAsync(callback);
        app.Time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("/settings", (await first).Headers.Location!.OriginalString);
        Assert.Equal("/settings", (await second).Headers.Location!.OriginalString);
        Assert.Equal(1, app.ExchangesSent());
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_customer_who_reloads_while_the_code_is_exchanged_ends_where_the_first_request_ends()
    {
        // The browser drops the first request, so it never sees that response and its cookie.
        await using var app = await ConnectApp.StartAsync();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(5)));
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        using var abandoned = browser.Copy();

        using var gaveUp = new CancellationTokenSource();
        var first = abandoned.GetAsync(callback, gaveUp.Token);
        await ConnectApp.WaitUntilAsync(() => app.Simulator.DelayedRequests == 1);
        await gaveUp.CancelAsync();
        var second = browser.GetAsync(callback);
        app.Time.Advance(TimeSpan.FromSeconds(5));
        await first.ContinueWith(_ => { }, TaskScheduler.Default);

        Assert.Equal("/", (await second).Headers.Location!.OriginalString);
        Assert.Equal(1, app.ExchangesSent());
        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task Back_ends_where_the_first_callback_ended(int minutes)
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = connected =>
        {
            connected.ReturnUrl = "/onboarding/" + connected.Connection.AccountId;
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        var first = await browser.GetAsync(callback);

        app.Time.Advance(TimeSpan.FromMinutes(minutes));
        var again = await browser.GetAsync(callback);

        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal(1, app.ExchangesSent());
    }

    [Fact]
    public async Task Back_ends_there_at_another_instance_too()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = connected =>
        {
            connected.ReturnUrl = "/onboarding";
            return Task.CompletedTask;
        });
        await using var other = await ConnectApp.StartAsync(new Setup { InstanceOf = app });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync(callback);

        using var elsewhere = other.NewBrowser(browser);
        var again = await elsewhere.GetAsync(callback);

        Assert.Equal("/onboarding", again.Headers.Location!.OriginalString);
        Assert.Equal(1, app.ExchangesSent());
    }

    [Fact]
    public async Task A_callback_that_came_to_another_instance_first_gets_a_page_that_says_so_and_leads_on()
    {
        await using var app = await ConnectApp.StartAsync();
        await using var other = await ConnectApp.StartAsync(new Setup { InstanceOf = app });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/settings");
        using var elsewhere = other.NewBrowser(browser);
        await browser.GetAsync(callback);

        await AssertLeadsOnAsync(await elsewhere.GetAsync(callback));
    }

    [Fact]
    public async Task A_callback_at_two_instances_at_once_connects_once_and_neither_page_says_otherwise()
    {
        await using var app = await ConnectApp.StartAsync();
        await using var other = await ConnectApp.StartAsync(new Setup { InstanceOf = app });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/settings");
        using var elsewhere = other.NewBrowser(browser);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(5)), times: 2);

        var first = browser.GetAsync(callback);
        var second = elsewhere.GetAsync(callback);
        await ConnectApp.WaitUntilAsync(() => app.Simulator.DelayedRequests == 2);
        app.Time.Advance(TimeSpan.FromSeconds(5));

        var responses = await Task.WhenAll(first, second);
        var connected = Assert.Single(responses, response => response.StatusCode == HttpStatusCode.Redirect);
        Assert.Equal("/settings", connected.Headers.Location!.OriginalString);
        await AssertLeadsOnAsync(Assert.Single(responses, response => response != connected));
        Assert.Equal(1, await app.CountConnectionsAsync());
        Assert.NotNull(await app.Connections.RefreshAsync(await app.OnlyAccountAsync()));
    }

    [Fact]
    public async Task A_client_that_asks_for_JSON_gets_a_conflict_for_a_code_that_was_used_before()
    {
        await using var app = await ConnectApp.StartAsync();
        await using var other = await ConnectApp.StartAsync(new Setup { InstanceOf = app });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        using var elsewhere = other.NewBrowser(browser);
        elsewhere.Accept = "application/json";
        await browser.GetAsync(callback);

        var response = await elsewhere.GetAsync(callback);

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_flow_may_start_at_one_instance_and_end_at_another()
    {
        await using var app = await ConnectApp.StartAsync();
        await using var other = await ConnectApp.StartAsync(new Setup { InstanceOf = app });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        using var elsewhere = other.NewBrowser(browser);

        Assert.Equal(HttpStatusCode.Redirect, (await elsewhere.GetAsync(callback)).StatusCode);
    }

    [Fact]
    public async Task A_browser_without_the_cookie_learns_only_where_the_flow_was_to_end()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = connected =>
        {
            connected.ReturnUrl = "/onboarding?invitation=s3cret";
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/airwallex/connect?returnUrl=/settings");
        await browser.GetAsync(callback);

        using var stranger = app.NewBrowser();

        Assert.Equal("/settings", (await stranger.GetAsync(callback)).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_failure_that_is_reloaded_is_the_same_failure()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnecting = connecting =>
        {
            connecting.Refuse("This account belongs to another workspace.");
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        var first = await browser.GetAsync(callback);

        var again = await browser.GetAsync(callback);

        Assert.Equal(HttpStatusCode.Forbidden, again.StatusCode);
        Assert.Equal(await first.Content.ReadAsStringAsync(), await again.Content.ReadAsStringAsync());
        Assert.Equal(1, app.ExchangesSent());
    }

    [Fact]
    public async Task A_customer_who_declines_goes_back_and_authorizes_is_connected()
    {
        await using var app = await ConnectApp.StartAsync();
        using var browser = app.NewBrowser();
        var authorize = (await browser.GetAsync("/airwallex/connect")).Headers.Location!;
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync(app.Simulator.Decline(authorize))).StatusCode);

        var response = await browser.GetAsync(app.Simulator.Authorize(authorize));

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task What_OnConnected_throws_is_told_once_and_a_reload_leads_on()
    {
        await using var app = await ConnectApp.StartAsync(
            flow => flow.OnConnected = _ => throw new IOException("No mail server."));
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        await Assert.ThrowsAsync<IOException>(() => browser.GetAsync(callback));

        Assert.Equal("/", (await browser.GetAsync(callback)).Headers.Location!.OriginalString);
        Assert.Equal(1, await app.CountConnectionsAsync());
    }

    [Fact]
    public async Task A_response_that_OnConnected_wrote_is_followed_by_the_way_on()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnected = async connected =>
        {
            connected.HandleResponse();
            await connected.HttpContext.Response.WriteAsync("close this window");
        });
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);
        await browser.GetAsync(callback);

        Assert.Equal("/", (await browser.GetAsync(callback)).Headers.Location!.OriginalString);
    }

    // What proxies and monitors take for an error is not shown to a customer who is connected.
    private static async Task AssertLeadsOnAsync(HttpResponseMessage response)
    {
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("<h1>This link was used before</h1>", page, StringComparison.Ordinal);
        Assert.Contains("If you have just connected, you are done", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"/settings\">Continue</a>", page, StringComparison.Ordinal);
    }
}
