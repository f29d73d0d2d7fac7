using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Support;

/// <summary>
/// An application with the library, against a simulated Airwallex in memory, on a clock of its own. Its background
/// services run only when a test says so. Test classes that use it belong to the collection <see cref="VirtualTime"/>.
/// </summary>
internal sealed class TestApp : IAsyncDisposable
{
    public const string Account = "acct_one";

    private readonly ServiceProvider _services;
    private readonly OptionsReload _reload = new();
    private readonly IDataProtectionProvider _protection;
    private readonly bool _isFirst;
    private readonly bool _hasHost;
    private Action<AirwallexOAuthOptions>? _configure;

    /// <param name="configure">Changes options from those that suit the simulator.</param>
    /// <param name="services">Registers what a test needs beside the library.</param>
    /// <param name="simulated">What the simulated Airwallex is like.</param>
    /// <param name="beside">Another instance, whose clock, Airwallex and store this one shares. Default: none, all
    /// are new.</param>
    /// <param name="clock">What this instance reads the time from. Default: the clock that the test advances.</param>
    /// <param name="hasHost">Whether the keep-alive would run, so that callers leave unfinished refreshes to
    /// it.</param>
    public TestApp(
        Action<AirwallexOAuthOptions>? configure = null,
        Action<IServiceCollection>? services = null,
        AirwallexSimulatorOptions? simulated = null,
        TestApp? beside = null,
        Func<FakeTimeProvider, TimeProvider>? clock = null,
        bool hasHost = true)
    {
        _configure = configure;
        _isFirst = beside is null;
        Time = beside?.Time ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
        Simulator = beside?.Simulator ?? new AirwallexSimulator(simulated, Time);
        Store = beside?.Store ?? new ScriptedStore();
        _protection = beside?._protection ?? new EphemeralDataProtectionProvider();

        var collection = new ServiceCollection();
        collection.AddSingleton(clock?.Invoke(Time) ?? Time);
        collection.AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Trace));
        collection.AddSingleton<IOptionsChangeTokenSource<AirwallexOAuthOptions>>(_reload);
        collection.AddSingleton(_protection);
        // Store and Network are read when first needed, so that an object initializer can set them.
        collection.AddAirwallexOAuth(Configure)
            .AddTokenStore(_ => Store)
            .AddConnectionObserver(_ => Events);
        services?.Invoke(collection);
        collection.PostConfigureAll<HttpClientFactoryOptions>(options =>
            options.HttpMessageHandlerBuilderActions.Add(
                handler => handler.PrimaryHandler = Network(Simulator.CreateHandler())));
        _services = collection.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        _hasHost = hasHost;
    }

    public FakeTimeProvider Time { get; }

    public AirwallexSimulator Simulator { get; }

    public ScriptedStore Store { get; init; }

    /// <summary>What lies between the application and Airwallex; by default nothing.</summary>
    public Func<HttpMessageHandler, HttpMessageHandler> Network { get; init; } = static airwallex => airwallex;

    public RecordingObserver Events { get; } = new();

    public RecordingLogger Log { get; } = new();

    public AirwallexApplication Application
    {
        get
        {
            var application = Get<AirwallexApplications>().Get("");
            application.HostIsRunning = _hasHost;
            return application;
        }
    }

    public IHostedService KeepAliveService =>
        _services.GetServices<IHostedService>().OfType<KeepAliveService>().Single();

    public AirwallexConnections Connections => Application.Connections;

    public IReadOnlyList<JournalEntry> Refreshes =>
        [.. Simulator.Journal.Where(entry => entry.GrantType == "refresh_token")];

    /// <summary>How many refresh requests have reached Airwallex.</summary>
    public int CountRefreshes() => Refreshes.Count;

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public HttpClient ClientOf(string accountId = Account) => Get<AirwallexClientFactory>().CreateClient(accountId);

    /// <summary>Connects the account; the connection as it is stored, tokens included.</summary>
    public async Task<ConnectionState> ConnectAsync(string accountId = Account)
    {
        await Connections.ConnectAsync(Simulator.ConnectAccount(accountId));
        return await StoredAsync(accountId);
    }

    public async Task<ConnectionState?> FindStoredAsync(string accountId = Account) =>
        await Store.Inner.FindAsync(KeyOf(accountId)) is { } stored ? Application.Serializer.Read(stored) : null;

    public async Task<ConnectionState> StoredAsync(string accountId = Account) =>
        await FindStoredAsync(accountId) ?? throw new InvalidOperationException($"{accountId} is not stored.");

    public static ConnectionKey KeyOf(string accountId = Account) =>
        new() { AccountId = accountId, ClientId = "simulated-client-id" };

    /// <summary>One look of the recovery, and the end of what it started.</summary>
    public async Task<IReadOnlyList<RefreshEnd>> RecoverAsync()
    {
        var looking = Application.KeepAlive.StartRecoveriesAsync(CancellationToken.None);
        return await ResultAsync(Task.WhenAll((await ResultAsync(looking)).Started));
    }

    /// <summary>One round of renewals.</summary>
    public Task<IReadOnlyList<RefreshEnd>> RenewAsync() =>
        ResultAsync(Application.KeepAlive.RenewAsync(CancellationToken.None));

    /// <summary>Lets the access tokens expire: the next caller must wait for a refresh.</summary>
    public void ExpireTokens() => Time.Advance(TimeSpan.FromMinutes(6));

    public Task<string> TokenAsync(CancellationToken cancellationToken = default) =>
        Connections.GetAccessTokenAsync(Account, cancellationToken);

    /// <summary>Changes the stored connection as another instance would.</summary>
    public async Task<ConnectionState> ChangeStoredAsync(
        Func<ConnectionState, ConnectionState> change, string accountId = Account)
    {
        var before = await StoredAsync(accountId);
        var next = change(before) with { Version = Guid.NewGuid().ToString("N") };
        Assert.True(await Store.Inner.TrySaveAsync(Application.Serializer.Write(next), before.Version));
        return await StoredAsync(accountId);
    }

    /// <summary>Leaves an attempt in the store, as another instance does that is at work or has crashed.</summary>
    public async Task<RefreshAttempt> LeaveAttemptAsync(
        double leaseEndsIn, double firstSentAgo = 0, double? recoverIn = null, string accountId = Account)
    {
        var now = Time.GetUtcNow();
        var attempt = new RefreshAttempt
        {
            Id = Guid.NewGuid().ToString("N"),
            FirstSentAt = now.AddSeconds(-firstSentAgo),
            LeaseExpiresAt = now.AddSeconds(leaseEndsIn),
        };
        await ChangeStoredAsync(
            current =>
                current with { Attempt = attempt, RecoverAt = now.AddSeconds(recoverIn ?? leaseEndsIn) }, accountId);
        return attempt;
    }

    /// <summary>
    /// Uses the stored refresh token and lets the response get lost, as an instance does that dies at that moment.
    /// </summary>
    public async Task UseStoredTokenAsync(string accountId = Account)
    {
        using var http = new HttpClient(Simulator.CreateHandler());
        await new TokenClient(http, Application.Options, Time).RefreshAsync(
            (await StoredAsync(accountId)).Tokens.RefreshToken);
    }

    /// <summary>Changes the configuration of the running application.</summary>
    public void Reconfigure(Action<AirwallexOAuthOptions> configure)
    {
        _configure += configure;
        _reload.Fire();
    }

    /// <summary>Lets time pass in small steps, everything coming to rest after each.</summary>
    public Task AdvanceAsync(double seconds, double step = 0.25) =>
        VirtualTime.AdvanceAsync(
            Time, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(step), until: static () => false);

    /// <summary>Lets time pass until the task has ended; how it ended is the caller's to see.</summary>
    public async Task AdvanceUntilAsync(Task task, double atMostSeconds = 120, double step = 0.25)
    {
        await VirtualTime.AdvanceAsync(
            Time, TimeSpan.FromSeconds(atMostSeconds), TimeSpan.FromSeconds(step), () => task.IsCompleted);
        Assert.True(task.IsCompleted, $"Still not over after {atMostSeconds} s.");
    }

    public async Task<T> ResultAsync<T>(Task<T> task, double atMostSeconds = 120, double step = 0.25)
    {
        await AdvanceUntilAsync(task, atMostSeconds, step);
        return await task;
    }

    public async Task<TException> FailureAsync<TException>(Task task, double atMostSeconds = 120)
        where TException : Exception
    {
        await AdvanceUntilAsync(task, atMostSeconds);
        return await Assert.ThrowsAnyAsync<TException>(() => task);
    }

    /// <summary>Lets time pass until a condition holds.</summary>
    public async Task AdvanceUntilAsync(Func<bool> condition, double atMostSeconds = 120)
    {
        await VirtualTime.AdvanceAsync(
            Time, TimeSpan.FromSeconds(atMostSeconds), TimeSpan.FromSeconds(0.25), condition);
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
