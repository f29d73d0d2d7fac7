using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Flows;

/// <summary>An application with the library, against a simulated Airwallex in memory, on a clock of its own.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public TestApp(
        Action<AirwallexOAuthOptions>? configure = null,
        Action<AirwallexOAuthBuilder>? build = null,
        AirwallexSimulatorOptions? simulated = null,
        FakeTimeProvider? time = null)
    {
        Time = time ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        Simulator = new AirwallexSimulator(simulated, Time);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        var builder = services.AddAirwallexOAuth(options =>
        {
            options.ClientId = "simulated-client-id";
            options.ClientSecret = "simulated-client-secret";
            options.RedirectUri = new Uri("http://localhost/callback");
            options.Scopes = ["r:awx_action:balances_view"];
            options.AuthorizeEndpoint = Simulator.AuthorizeEndpoint;
            options.TokenEndpoint = Simulator.TokenEndpoint;
            options.ApiBaseAddress = Simulator.ApiBaseAddress;
            configure?.Invoke(options);
        });
        builder.AddTokenStore(_ => Store);
        builder.AddConnectionObserver(_ => Events);
        build?.Invoke(builder);
        services.ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => Simulator.CreateHandler()));
        services.PostConfigureAll<HttpClientFactoryOptions>(options =>
            options.HttpMessageHandlerBuilderActions.Add(handler => handler.PrimaryHandler = Network(Simulator.CreateHandler())));
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public FakeTimeProvider Time { get; }

    public AirwallexSimulator Simulator { get; }

    public ITokenStore Store { get; init; } = new InMemoryTokenStore();

    /// <summary>What lies between the application and Airwallex; by default nothing.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Network { get; init; } = handler => handler;

    public RecordingObserver Events { get; } = new();

    public RecordingLogger Log { get; } = new();

    public AirwallexConnections Connections => Get<AirwallexConnections>();

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public HttpClient ClientOf(string accountId) => Get<AirwallexClientFactory>().CreateClient(accountId);

    public Task<AirwallexConnection> ConnectAsync(string accountId = "acct_one") =>
        Connections.ConnectAsync(Simulator.ConnectAccount(accountId));

    /// <summary>How many refresh requests have reached Airwallex.</summary>
    public int CountRefreshes() => Simulator.Journal.Count(entry => entry.GrantType == "refresh_token");

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Simulator.DisposeAsync();
    }
}
