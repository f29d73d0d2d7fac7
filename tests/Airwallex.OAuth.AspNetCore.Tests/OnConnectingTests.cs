using System.Net;
using System.Security.Claims;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>What the application has to say between the consent and the first save.</summary>
[Collection(VirtualTime.Name)]
public sealed class OnConnectingTests
{
    [Fact]
    public async Task The_link_is_made_before_the_connection_is_saved()
    {
        ConnectApp app = null!;
        var steps = new List<string>();
        await using var started = app = await ConnectApp.StartAsync(flow =>
        {
            flow.OnConnecting = connecting =>
            {
                steps.Add(
                    $"linked {connecting.Account.AccountId} to {connecting.Properties.Items["tenant"]}; " +
                    $"{app.Store.Writes} writes");
                return Task.CompletedTask;
            };
            flow.OnConnected = connected =>
            {
                steps.Add($"connected {connected.Connection.AccountId}; {app.Store.Writes} writes");
                return Task.CompletedTask;
            };
        }, map: MapWithStart);
        app.Simulator.NextAccount("acct_1");
        using var browser = app.NewBrowser();

        await app.ConnectAsync(browser, "/start");

        Assert.Equal(["linked acct_1 to t-17; 0 writes", "connected acct_1; 1 writes"], steps);
    }

    [Fact]
    public async Task A_refusal_saves_nothing_and_shows_the_message()
    {
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnecting = connecting =>
        {
            connecting.Refuse("This Airwallex account belongs to <another> workspace.");
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Contains(
            "This Airwallex account belongs to &lt;another&gt; workspace.", await response.Content
                .ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, app.Store.Writes);
    }

    [Fact]
    public async Task What_it_throws_saves_nothing_and_is_told_to_OnFailed()
    {
        Exception? told = null;
        await using var app = await ConnectApp.StartAsync(flow =>
        {
            flow.OnConnecting = _ => throw new IOException("The tenants' database is down.");
            flow.OnFailed = failed =>
            {
                told = failed.Kind == ConnectFailureKind.ConnectingFailed ? failed.Exception : null;
                return Task.CompletedTask;
            };
        });
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.IsType<IOException>(told);
        Assert.Equal(0, app.Store.Writes);
        Assert.Contains("Error 2002", app.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_never_returns_is_told_after_30_seconds()
    {
        var never = new TaskCompletionSource();
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnecting = _ => never.Task);
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser);

        var response = browser.GetAsync(callback);
        await app.AdvanceUntilAsync(() => response.IsCompleted);

        Assert.Equal(HttpStatusCode.InternalServerError, (await response).StatusCode);
        Assert.Equal(0, app.Store.Writes);
    }

    [Fact]
    public async Task It_sees_the_connection_that_will_be_replaced()
    {
        var existing = new List<AirwallexConnection?>();
        await using var app = await ConnectApp.StartAsync(flow => flow.OnConnecting = connecting =>
        {
            existing.Add(connecting.Existing);
            return Task.CompletedTask;
        });
        using var browser = app.NewBrowser();

        for (var time = 0; time < 2; time++)
        {
            app.Simulator.NextAccount("acct_1");
            await app.ConnectAsync(browser);
        }

        Assert.Null(existing[0]);
        Assert.Equal("acct_1", existing[1]!.AccountId);
    }

    [Fact]
    public async Task Reconnecting_an_account_with_another_one_saves_nothing()
    {
        var asked = false;
        await using var app = await ConnectApp.StartAsync(
            flow => flow.OnConnecting = _ =>
            {
                asked = true;
                return Task.CompletedTask;
            },
            map: MapWithStart);
        app.Simulator.NextAccount("acct_2");
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser, "/start?account=acct_1");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Contains(
            "another Airwallex account", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(asked);
        Assert.Equal(0, app.Store.Writes);
    }

    [Fact]
    public async Task Reconnecting_an_account_with_itself_works()
    {
        await using var app = await ConnectApp.StartAsync(map: MapWithStart);
        app.Simulator.NextAccount("acct_1");
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser, "/start?account=acct_1");

        Assert.Equal("/done", response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Properties_that_are_used_twice_are_not_changed_by_it()
    {
        var shared = new ConnectProperties { RedirectUri = "/done", Items = { ["tenant"] = "t-17" } };
        await using var app = await ConnectApp.StartAsync(map: app =>
        {
            app.MapAirwallexOAuth();
            app.MapGet("/start", () => Results.Challenge(shared, ["Airwallex"]));
        });
        using var browser = app.NewBrowser();

        await browser.GetAsync("/start");

        Assert.Equal([".redirect", "tenant"], shared.Items.Keys.Order());
    }

    [Fact]
    public async Task Handlers_can_be_tested_without_a_server()
    {
        var connecting = new ConnectingContext
        {
            HttpContext = new DefaultHttpContext(),
            Account = new ConnectingAccount { AccountId = "acct_1" },
            User = new ClaimsPrincipal(),
            Properties = new AuthenticationProperties(),
        };
        var connected = new ConnectedContext
        {
            HttpContext = new DefaultHttpContext(),
            Connection = new AirwallexConnection { AccountId = "acct_1", ClientId = "client" },
            User = new ClaimsPrincipal(),
            Properties = new AuthenticationProperties(),
            ReturnUrl = "/",
        };
        var failed =
            new ConnectFailedContext { HttpContext = new DefaultHttpContext(), Kind = ConnectFailureKind.Declined };

        await RefuseAsync(connecting);
        connected.HandleResponse();
        failed.HandleResponse();

        Assert.Equal("No.", connecting.Refusal);
        Assert.True(connected.IsHandled);
        Assert.True(failed.IsHandled);

        static Task RefuseAsync(ConnectingContext context)
        {
            context.Refuse("No.");
            return Task.CompletedTask;
        }
    }

    private static void MapWithStart(WebApplication app)
    {
        app.MapAirwallexOAuth();
        app.MapGet("/start", (string? account) => Results.Challenge(
            new ConnectProperties { RedirectUri = "/done", AccountId = account, Items = { ["tenant"] = "t-17" } },
            [ConnectFlowDefaults.AuthenticationScheme]));
    }
}
