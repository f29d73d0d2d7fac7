using System.Text.Json;
using System.Text.RegularExpressions;
using Airwallex.OAuth.AspNetCore.Tests.Portal;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>The flow in a real browser: its cookies, and its pages at every width, light and dark.</summary>
#pragma warning disable CA1001 // xunit disposes of it, by IAsyncLifetime.
public sealed class ConnectPageTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly string s_axe =
        new StreamReader(typeof(ConnectPageTests).Assembly.GetManifestResourceStream("axe.min.js")!).ReadToEnd();

    private static readonly string s_screenshots =
        Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private WebApplication? _consent;

    public async Task InitializeAsync()
    {
        if (!File.Exists(BrowserFactAttribute.ChromiumPath))
        {
            return;
        }

        // A machine under load is slow, and no test here is about speed.
        Assertions.SetDefaultExpectTimeout(60_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = BrowserFactAttribute.ChromiumPath,
            Timeout = 120_000,
            Args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update"],
        });
    }

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await (_consent?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [BrowserFact]
    public async Task A_customer_whose_session_cookie_is_Strict_is_known_at_the_callback()
    {
        string? connected = null;
        await using var app = await StartAsync(flow => flow.OnConnecting = connecting =>
        {
            connected = connecting.User.Identity!.Name;
            return Task.CompletedTask;
        });
        var page = await OpenAsync(app);
        var callbacks = 0;
        page.Request += (_, request) =>
            callbacks += request.Url.Contains("/callback", StringComparison.Ordinal) ? 1 : 0;

        await page.GotoAsync("/sign-in?name=alice");
        await page.GotoAsync("/airwallex/connect?returnUrl=/me");
        await page.GetByRole(AriaRole.Link, new() { Name = "Authorize" }).ClickAsync();

        await Assertions.Expect(page).ToHaveURLAsync(new Regex("/me$"));
        Assert.Equal("alice", await page.InnerTextAsync("body"));
        Assert.Equal("alice", connected);
        Assert.Equal(2, callbacks);

        await page.GoBackAsync();
        Assert.Equal(1, app.ExchangesSent());
    }

    [BrowserFact]
    public async Task Every_page_is_readable_at_every_width_light_and_dark()
    {
        await using var app = await StartAsync(flow => flow.OnConnecting = connecting =>
        {
            connecting.Refuse("This Airwallex account belongs to another workspace, so it cannot be connected here.");
            return Task.CompletedTask;
        });
        var page = await OpenAsync(app);

        await page.GotoAsync("/airwallex/callback?code=a&state=forged");
        await LookAsync(page, "invalid", "Back to 127.0.0.1");

        await page.GotoAsync("/airwallex/connect?returnUrl=//evil.example");
        await LookAsync(page, "return-url", "Back to the start");

        await page.GotoAsync("/airwallex/connect");
        await page.GetByRole(AriaRole.Link, new() { Name = "Decline" }).ClickAsync();
        await LookAsync(page, "declined", "Back to 127.0.0.1");

        await page.GotoAsync("/airwallex/connect");
        var link = await page.GetByRole(AriaRole.Link, new() { Name = "Decline" }).GetAttributeAsync("href");
        await page.GotoAsync(link!.Replace("access_denied", "invalid_scope", StringComparison.Ordinal));
        await LookAsync(page, "error", "Start again");

        await page.GotoAsync("/airwallex/connect");
        await page.Context.ClearCookiesAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Authorize" }).ClickAsync();
        await LookAsync(page, "cookie", "Start again");

        await page.GotoAsync("/sign-in?name=alice");
        await page.GotoAsync("/airwallex/connect");
        link = await page.GetByRole(AriaRole.Link, new() { Name = "Authorize" }).GetAttributeAsync("href");
        await page.GotoAsync("/sign-in?name=bob");
        await page.GotoAsync(link!);
        await LookAsync(page, "another-user", "Start again");

        await page.GotoAsync("/sign-in?name=alice");
        await page.GotoAsync(link!);
        await LookAsync(page, "refused", "Back to 127.0.0.1");
    }

    private async Task<ConnectApp> StartAsync(Action<ConnectFlowOptions> flow)
    {
        AirwallexSimulator simulator = null!;
        _consent = await ConsentAsync(() => simulator);
        var app = await ConnectApp.StartAsync(new Setup
        {
            OnKestrel = true,
            Simulator = created => simulator = created,
            Flow = flow,
            // Another site than 127.0.0.1, as Airwallex is.
            Options = core =>
                core.AuthorizeEndpoint =
                    new UriBuilder(_consent.Urls.First()) { Host = "localhost", Path = "/oauth/authorize" }.Uri,
            Services = services => services.AddUsers("Cookies", SameSiteMode.Strict),
            Map = app =>
            {
                app.MapAirwallexOAuth();
                app.MapUsers();
            },
        });
        simulator.DefaultClient.AllowRedirectUri(new Uri(new Uri(app.App.Urls.First()), "/airwallex/callback"));
        return app;
    }

    /// <summary>Airwallex's consent as one page with two links.</summary>
    private static async Task<WebApplication> ConsentAsync(Func<AirwallexSimulator> simulator)
    {
        var builder = WebApplication.CreateBuilder(
            ["--hostBuilder:reloadConfigOnChange=false", "--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        var airwallex = builder.Build();
        airwallex.MapGet("/oauth/authorize", (HttpContext context) =>
        {
            var url = new Uri(simulator().AuthorizeEndpoint + context.Request.QueryString.Value);
            return Results.Content(
                $"""
                <a href="{simulator().Authorize(url)}">Authorize</a>
                <a href="{simulator().Decline(url)}">Decline</a>
                """, "text/html");
        });
        await airwallex.StartAsync();
        return airwallex;
    }

    private async Task<IPage> OpenAsync(ConnectApp app)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions { BaseURL = app.App.Urls.First() });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(60_000);
        return page;
    }

    private static async Task LookAsync(IPage page, string name, string action)
    {
        await Assertions.Expect(page.GetByRole(AriaRole.Link)).ToHaveTextAsync(action);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            foreach (var width in new[] { 1280, 375, 320 })
            {
                await page.SetViewportSizeAsync(width, 700);
                var look = $"connect-{name}-{scheme}-{width}".ToLowerInvariant();
                await page.ScreenshotAsync(new() { Path = Path.Combine(s_screenshots, look + ".png") });
                Assert.True(
                    await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"),
                    $"{look} scrolls sideways.");
                await AssertAccessibleAsync(page, look);
            }
        }
    }

    private static async Task AssertAccessibleAsync(IPage page, string look)
    {
        await page.EvaluateAsync(s_axe);
        var violations = await page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run()).violations
              .map(violation => `${violation.id}: ${violation.help} (` +
                `${violation.nodes.map(node => node.target.join(" ")).join("; ")})`)
            """);
        Assert.True(violations.GetArrayLength() == 0, $"{look}: {violations}");
    }
}
