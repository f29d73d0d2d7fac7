using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>A small application with the connect flow, over a simulated Airwallex; no socket, and time that stands still.</summary>
internal sealed class ConnectApp : IAsyncDisposable
{
    public const string WebhookSecret = "whsec_first";

    private ConnectApp(WebApplication app) => App = app;

    public WebApplication App { get; }

    public required AirwallexSimulator Simulator { get; init; }

    public required FakeTimeProvider Time { get; init; }

    public required FlakyStore Store { get; init; }

    public required LogLines Log { get; init; }

    public AirwallexConnections Connections => App.Services.GetRequiredService<AirwallexConnections>();

    /// <param name="flow">Sets the flow's options.</param>
    /// <param name="options">Sets the options of the core; no redirect URI is set before.</param>
    /// <param name="services">Adds services.</param>
    /// <param name="map">Builds the pipeline; default: maps the flow's endpoints.</param>
    public static async Task<ConnectApp> StartAsync(
        Action<ConnectFlowOptions>? flow = null,
        Action<AirwallexOAuthOptions>? options = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? map = null)
    {
        // The cookie container of a test goes by the real clock.
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var simulator = new AirwallexSimulator(new AirwallexSimulatorOptions { RedirectUris = [new("http://localhost/airwallex/callback")] }, time);
        var store = new FlakyStore();
        var log = new LogLines();

        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services
            .AddAirwallexOAuth(core =>
            {
                core.ClientId = "simulated-client-id";
                core.ClientSecret = "simulated-client-secret";
                core.Scopes = ["r:awx_action:balances_view"];
                core.AuthorizeEndpoint = simulator.AuthorizeEndpoint;
                core.TokenEndpoint = simulator.TokenEndpoint;
                core.ApiBaseAddress = simulator.ApiBaseAddress;
                core.KeepAlive.Enabled = false;
                options?.Invoke(core);
            })
            .AddTokenStore(_ => store)
            .AddConnectFlow(connect =>
            {
                connect.Webhooks.Secrets = [WebhookSecret];
                flow?.Invoke(connect);
            });
        builder.Services.AddHttpClient(AirwallexOAuthServiceCollectionExtensions.TokenClientName).ConfigurePrimaryHttpMessageHandler(simulator.CreateHandler);
        services?.Invoke(builder.Services);

        var app = builder.Build();
        if (map is null)
        {
            app.MapAirwallexOAuth();
        }
        else
        {
            map(app);
        }

        await app.StartAsync();
        return new ConnectApp(app) { Simulator = simulator, Time = time, Store = store, Log = log };
    }

    public Browser NewBrowser(string baseAddress = "http://localhost") => new(App.GetTestServer().CreateHandler(), new Uri(baseAddress));

    /// <summary>Starts the flow and lets the customer authorize; returns where Airwallex sends the browser back to.</summary>
    public async Task<string> AuthorizeAsync(Browser browser, string start = "/airwallex/connect") =>
        Simulator.Authorize((await browser.GetAsync(start)).Headers.Location!);

    /// <summary>The whole flow, up to the answer to the callback.</summary>
    public async Task<HttpResponseMessage> ConnectAsync(Browser browser, string start = "/airwallex/connect") =>
        await browser.GetAsync(await AuthorizeAsync(browser, start));

    /// <summary>Lets time pass, second by second, until something has happened.</summary>
    public async Task AdvanceUntilAsync(Func<bool> happened)
    {
        for (var second = 0; !happened(); second++)
        {
            Assert.True(second < 600, "It did not happen within ten minutes.");
            Time.Advance(TimeSpan.FromSeconds(1));
            // Room for what the clock set off; on a machine under load it just takes more of the loop.
            await Task.Delay(1);
        }
    }

    /// <summary>The account of the only connection that is stored.</summary>
    public async Task<string> OnlyAccountAsync()
    {
        var all = new List<AirwallexConnection>();
        await foreach (var connection in Connections.ListAsync())
        {
            all.Add(connection);
        }

        return Assert.Single(all).AccountId;
    }

    public async Task<int> CountConnectionsAsync()
    {
        var count = 0;
        await foreach (var _ in Connections.ListAsync())
        {
            count++;
        }

        return count;
    }

    public int ExchangesSent() => Simulator.Journal.Count(entry => entry.GrantType == "authorization_code");

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Simulator.DisposeAsync();
    }
}
