using System.Diagnostics;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>
/// A small application with the connect flow, over a simulated Airwallex; no socket, and time that only a test moves.
/// </summary>
internal sealed class ConnectApp : IAsyncDisposable
{
    public const string WebhookSecret = "whsec_first";

    // Of a test that hangs: a machine under load is slow.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private ConnectApp(WebApplication app) => App = app;

    public WebApplication App { get; }

    public required AirwallexSimulator Simulator { get; init; }

    public required FakeTimeProvider Time { get; init; }

    public required FlakyStore Store { get; init; }

    public required IDataProtectionProvider Keys { get; init; }

    public required bool OwnsSimulator { get; init; }

    public LogLines Log { get; init; } = new();

    public AirwallexConnections Connections => App.Services.GetRequiredService<AirwallexConnections>();

    /// <param name="flow">Sets the flow's options.</param>
    /// <param name="options">Sets the options of the core; no redirect URI is set before.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="map">Builds the pipeline; default: maps the flow's endpoints.</param>
    public static Task<ConnectApp> StartAsync(
        Action<ConnectFlowOptions>? flow = null,
        Action<AirwallexOAuthOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null) =>
        StartAsync(
            new Setup
            {
                Flow = flow,
                Options = options,
                Services = services,
                Map = map
                ?? (app => app.MapAirwallexOAuth())
            });

    public static async Task<ConnectApp> StartAsync(Setup setup)
    {
        // The cookie container of a test goes by the real clock.
        var time = setup.InstanceOf?.Time ?? new FakeTimeProvider(DateTimeOffset.UtcNow);
        TimeProvider clock = setup.OnKestrel ? TimeProvider.System : time;
        var simulator = setup.InstanceOf?.Simulator ?? new AirwallexSimulator(
            new AirwallexSimulatorOptions { RedirectUris = [new("http://localhost/airwallex/callback")] }, clock);
        setup.Simulator?.Invoke(simulator);
        var store = setup.InstanceOf?.Store ?? new FlakyStore();
        var log = new LogLines();

        // Without watching files: every watcher is one of few that a machine has.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        if (setup.OnKestrel)
        {
            builder.WebHost.UseUrls(setup.Urls);
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.Services.AddSingleton(clock);
        Register(builder.Services, setup, simulator, store);
        builder.Services.AddSingleton(setup.Keys);
        setup.Services?.Invoke(builder.Services);

        var app = builder.Build();
        try
        {
            setup.Map(app);
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new ConnectApp(app)
        {
            Simulator = simulator,
            Time = time,
            Store = store,
            Keys = setup.Keys,
            OwnsSimulator = setup.InstanceOf is null,
            Log = log,
        };
    }

    public Browser NewBrowser(string baseAddress = "http://localhost") =>
        new(App.GetTestServer().CreateHandler(), new Uri(baseAddress));

    /// <summary>The browser of the same customer, whose requests reach this instance.</summary>
    public Browser NewBrowser(Browser same)
    {
        var browser = NewBrowser();
        browser.Cookies.Add(same.Cookies.GetAllCookies());
        return browser;
    }

    /// <summary>
    /// Starts the flow and lets the customer authorize; returns where Airwallex sends the browser back to.
    /// </summary>
    public async Task<string> AuthorizeAsync(Browser browser, string start = "/airwallex/connect") =>
        Simulator.Authorize((await browser.GetAsync(start)).Headers.Location!);

    /// <summary>The whole flow, up to the response to the callback.</summary>
    public async Task<HttpResponseMessage> ConnectAsync(Browser browser, string start = "/airwallex/connect") =>
        await browser.GetAsync(await AuthorizeAsync(browser, start));

    /// <summary>
    /// Lets time pass, second by second, until something has happened. For tests of <see cref="VirtualTime"/>, whose
    /// neighbours do not keep the thread pool busy: a second passes only when all that the one before set off is done.
    /// </summary>
    public async Task AdvanceUntilAsync(Func<bool> happened)
    {
        await VirtualTime.AdvanceAsync(Time, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1), happened);
        Assert.True(happened(), "It did not happen within ten minutes.");
    }

    /// <summary>Waits for what goes on beside the test; the clock of the test does not move.</summary>
    public static async Task WaitUntilAsync(Func<bool> happened)
    {
        for (var started = Stopwatch.GetTimestamp(); !happened();)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, "It did not happen within two minutes.");
            await Task.Delay(10);
        }
    }

    /// <summary>The account of the only connection that is stored.</summary>
    public async Task<string> OnlyAccountAsync() => Assert.Single(await ListAsync()).AccountId;

    public async Task<int> CountConnectionsAsync() => (await ListAsync()).Count;

    public int ExchangesSent() => Simulator.Journal.Count(entry => entry.GrantType == "authorization_code");

    public int RefreshesSent() => Simulator.Journal.Count(entry => entry.GrantType == "refresh_token");

    public async ValueTask DisposeAsync()
    {
        // Stopping waits for what is in flight, by the clock of the test.
        var stopping = App.DisposeAsync().AsTask();
        for (var started = Stopwatch.GetTimestamp(); await Task.WhenAny(stopping, Task.Delay(5)) != stopping;)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < s_patience, "The application does not stop.");
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        await stopping;
        if (OwnsSimulator)
        {
            await Simulator.DisposeAsync();
        }
    }

    private async Task<List<AirwallexConnection>> ListAsync()
    {
        var all = new List<AirwallexConnection>();
        await foreach (var connection in Connections.ListAsync())
        {
            all.Add(connection);
        }

        return all;
    }

    private static void Register(
        IServiceCollection services, Setup setup, AirwallexSimulator simulator, FlakyStore store)
    {
        var airwallex = setup.Configuration is { } configuration
            ? services.AddAirwallexOAuth(configuration.GetSection("Airwallex"))
            : services.AddAirwallexOAuth(_ => { });
        services.Configure<AirwallexOAuthOptions>(core =>
        {
            core.ClientId = "simulated-client-id";
            core.ClientSecret = "simulated-client-secret";
            core.Scopes = ["r:awx_action:balances_view"];
            core.AuthorizeEndpoint = simulator.AuthorizeEndpoint;
            core.TokenEndpoint = simulator.TokenEndpoint;
            core.ApiBaseAddress = simulator.ApiBaseAddress;
            core.KeepAlive.Enabled = false;
            setup.Options?.Invoke(core);
        });
        airwallex.TokenHttpClient.ConfigurePrimaryHttpMessageHandler(simulator.CreateHandler);
        airwallex.AddTokenStore(_ => store).AddConnectFlow(connect =>
        {
            if (setup.Configuration is null)
            {
                connect.Webhooks.Secrets = [WebhookSecret];
            }

            setup.Flow?.Invoke(connect);
        });
    }
}
