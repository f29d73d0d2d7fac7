using Airwallex.OAuth.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Flows;

/// <summary>
/// An application with the library, against a simulated Airwallex in memory, on a clock of its own. Its background services run only
/// when a test says so. Test classes that use it belong to the collection <see cref="VirtualTime"/>.
/// </summary>
internal sealed class TestApp : IAsyncDisposable
{
    public const string Account = "acct_one";

    private readonly ServiceProvider _services;
    private readonly OptionsReload _reload = new();
    private readonly bool _isFirst;
    private Action<AirwallexOAuthOptions>? _configure;

    /// <param name="configure">Changes options from those that suit the simulator.</param>
    /// <param name="services">Registers what a test needs beside the library.</param>
    /// <param name="simulated">What the simulated Airwallex is like.</param>
    /// <param name="beside">Another instance, whose clock, Airwallex and store this one shares. Default: none, all are new.</param>
    /// <param name="clock">What this instance reads the time from. Default: the clock that the test advances.</param>
    public TestApp(
        Action<AirwallexOAuthOptions>? configure = null,
        Action<IServiceCollection>? services = null,
        AirwallexSimulatorOptions? simulated = null,
        TestApp? beside = null,
        Func<FakeTimeProvider, TimeProvider>? clock = null)
    {
        _configure = configure;
        _isFirst = beside is null;
        Time = beside?.Time ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        Simulator = beside?.Simulator ?? new AirwallexSimulator(simulated, Time);
        Store = beside?.Store ?? new ScriptedStore();

        var collection = new ServiceCollection();
        collection.AddSingleton(clock?.Invoke(Time) ?? Time);
        collection.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        collection.AddSingleton<IOptionsChangeTokenSource<AirwallexOAuthOptions>>(_reload);
        // Store and Network are read when first needed, so that an object initializer can set them.
        collection.AddAirwallexOAuth(Configure)
            .AddTokenStore(_ => Store)
            .AddConnectionObserver(_ => Events);
        services?.Invoke(collection);
        collection.PostConfigureAll<HttpClientFactoryOptions>(options =>
            options.HttpMessageHandlerBuilderActions.Add(handler => handler.PrimaryHandler = Network(Simulator.CreateHandler())));
        _services = collection.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public FakeTimeProvider Time { get; }

    public AirwallexSimulator Simulator { get; }

    public ScriptedStore Store { get; init; }

    /// <summary>What lies between the application and Airwallex; by default nothing.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Network { get; init; } = static airwallex => airwallex;

    public RecordingObserver Events { get; } = new();

    public RecordingLogger Log { get; } = new();

    public AirwallexConnections Connections => Get<AirwallexConnections>();

    public ConnectionMaintenance Maintenance => _services.GetServices<IHostedService>().OfType<ConnectionMaintenance>().Single();

    public IReadOnlyList<JournalEntry> Refreshes => [.. Simulator.Journal.Where(entry => entry.GrantType == "refresh_token")];

    /// <summary>How many refresh requests have reached Airwallex.</summary>
    public int CountRefreshes() => Refreshes.Count;

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public HttpClient ClientOf(string accountId = Account) => Get<AirwallexClientFactory>().CreateClient(accountId);

    public Task<AirwallexConnection> ConnectAsync(string accountId = Account) =>
        Connections.ConnectAsync(Simulator.ConnectAccount(accountId));

    public async Task<AirwallexConnection> StoredAsync(string accountId = Account) =>
        await Store.Inner.FindAsync(accountId) ?? throw new InvalidOperationException($"{accountId} is not stored.");

    /// <summary>Lets the access tokens expire: the next caller must wait for a refresh.</summary>
    public void ExpireTokens() => Time.Advance(TimeSpan.FromMinutes(6));

    public Task<string> TokenAsync(CancellationToken cancellationToken = default) => Connections.GetAccessTokenAsync(Account, cancellationToken);

    /// <summary>Changes the stored connection as another instance would.</summary>
    public async Task<AirwallexConnection> ChangeStoredAsync(Func<AirwallexConnection, AirwallexConnection> change)
    {
        Assert.True(await Store.Inner.TrySaveAsync(change(await StoredAsync())));
        return await StoredAsync();
    }

    /// <summary>Spends the stored refresh token and lets the answer get lost, as an instance does that dies at that moment.</summary>
    public async Task SpendStoredTokenAsync()
    {
        using var http = new HttpClient(Simulator.CreateHandler());
        await new TokenClient(http, Get<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue, Time).RefreshAsync((await StoredAsync()).Tokens.RefreshToken);
    }

    /// <summary>Changes the configuration of the running application.</summary>
    public void Reconfigure(Action<AirwallexOAuthOptions> configure)
    {
        _configure += configure;
        _reload.Fire();
    }

    /// <summary>Lets time pass in small steps, everything coming to rest after each.</summary>
    public Task AdvanceAsync(double seconds, double step = 0.25) =>
        VirtualTime.AdvanceAsync(Time, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(step), until: static () => false);

    /// <summary>Lets time pass until the task has ended; how it ended is the caller's to see.</summary>
    public async Task AdvanceUntilAsync(Task task, double atMostSeconds = 120, double step = 0.25)
    {
        await VirtualTime.AdvanceAsync(Time, TimeSpan.FromSeconds(atMostSeconds), TimeSpan.FromSeconds(step), () => task.IsCompleted);
        Assert.True(task.IsCompleted, $"Still not over after {atMostSeconds} s.");
    }

    public async Task<T> ResultAsync<T>(Task<T> task, double atMostSeconds = 120, double step = 0.25)
    {
        await AdvanceUntilAsync(task, atMostSeconds, step);
        return await task;
    }

    public async Task<TException> FailureAsync<TException>(Task task, double atMostSeconds = 120) where TException : Exception
    {
        await AdvanceUntilAsync(task, atMostSeconds);
        return await Assert.ThrowsAsync<TException>(() => task);
    }

    /// <summary>Lets time pass until a condition holds.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, double atMostSeconds = 120)
    {
        await VirtualTime.AdvanceAsync(Time, TimeSpan.FromSeconds(atMostSeconds), TimeSpan.FromSeconds(0.25), condition);
        Assert.True(condition(), $"Still not so after {atMostSeconds} s.");
    }

    /// <summary>Waits until everything that can happen without time passing has happened.</summary>
    public static Task SettleAsync() => VirtualTime.SettleAsync();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_isFirst)
        {
            await Simulator.DisposeAsync();
        }
    }

    private void Configure(AirwallexOAuthOptions options)
    {
        options.ClientId = "simulated-client-id";
        options.ClientSecret = "simulated-client-secret";
        options.RedirectUri = new Uri("http://localhost/callback");
        options.Scopes = ["r:awx_action:balances_view"];
        options.AuthorizeEndpoint = Simulator.AuthorizeEndpoint;
        options.TokenEndpoint = Simulator.TokenEndpoint;
        options.ApiBaseAddress = Simulator.ApiBaseAddress;
        _configure?.Invoke(options);
    }

    private sealed class OptionsReload : IOptionsChangeTokenSource<AirwallexOAuthOptions>
    {
        private ConfigurationReloadToken _next = new();

        public string? Name => Microsoft.Extensions.Options.Options.DefaultName;

        public IChangeToken GetChangeToken() => _next;

        public void Fire() => Interlocked.Exchange(ref _next, new ConfigurationReloadToken()).OnReload();
    }
}
