using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.Tests.Options;

/// <summary>What keeps a host from starting, and what a program without one is told.</summary>
public sealed class StartChecksTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Outside_Development_a_host_does_not_start_without_a_store_chosen_in_words(string environment)
    {
        var other = new OtherService();
        using var host = Programs.Host(
            services =>
            {
                services.AddSingleton<IHostedService>(other);
                services.AddAirwallexOAuth(Programs.Valid);
            },
            environment);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains(environment, refused.Message, StringComparison.Ordinal);
        Assert.Contains("AddTokenStore", refused.Message, StringComparison.Ordinal);
        Assert.False(other.IsStarted);
    }

    [Fact]
    public async Task A_store_in_memory_chosen_in_words_is_enough()
    {
        using var host = Programs.Host(
            services => services.AddAirwallexOAuth(Programs.Valid).AddTokenStore<InMemoryTokenStore>(), "Production");

        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task A_store_registered_as_a_service_is_enough()
    {
        using var host = Programs.Host(
            services =>
            {
                services.AddSingleton<ITokenStore, InMemoryTokenStore>();
                services.AddAirwallexOAuth(Programs.Valid);
            },
            "Production");

        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task In_Development_the_store_in_memory_is_told_in_the_log()
    {
        var log = new Lines();
        using var host = Programs.Host(services => services.AddAirwallexOAuth(Programs.Valid), log: log);

        await host.StartAsync();

        await log.NextAsync("Warning StoreInMemory");
        await host.StopAsync();
        Assert.DoesNotContain(log.All, line => line.Contains("NoHostKeepsAlive", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(69, true)]
    [InlineData(70, false)]
    [InlineData(120, false)]
    public async Task A_host_that_waits_too_short_for_a_refresh_to_end_is_told_at_start(int seconds, bool isTold)
    {
        var log = new Lines();
        using var host = Programs.Host(
            services =>
            {
                services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(seconds));
                services.AddAirwallexOAuth(Programs.Valid);
            },
            log: log);

        await host.StartAsync();
        if (isTold)
        {
            await log.NextAsync("Warning ShortShutdownTimeout");
        }

        await host.StopAsync();
        host.Dispose(); // Writes what is still to be logged.
        Assert.Equal(isTold, log.All.Any(line => line.Contains("ShortShutdownTimeout", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_lasting_store_without_data_protection_keeps_the_host_from_starting()
    {
        using var host = Programs.Host(
            services => services.AddAirwallexOAuth(Programs.Valid).AddTokenStore<LastingStore>(), "Production");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains("LastingStore", refused.Message, StringComparison.Ordinal);
        Assert.Contains("services.AddDataProtection()", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Microsoft.AspNetCore.DataProtection", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lasting_store_with_data_protection_starts()
    {
        using var host = Programs.Host(
            services =>
            {
                services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
                services.AddAirwallexOAuth(Programs.Valid).AddTokenStore(_ => new LastingStore());
            },
            "Production");

        await host.StartAsync();
        await host.StopAsync();
    }

    [Fact]
    public async Task Without_a_host_the_first_use_tells_once_that_nothing_keeps_connections_alive()
    {
        var log = new Lines();
        await using var services = Programs.Without(
            services =>
            {
                services.AddAirwallexOAuth(Programs.Valid);
                services.AddAirwallexOAuth(
                    "eu", options => (options.ClientId, options.ClientSecret) = ("other", "secret"));
            },
            log);

        services.GetRequiredService<AirwallexConnections>();
        services.GetRequiredKeyedService<AirwallexConnections>("eu");

        var line = await log.NextAsync("Warning NoHostKeepsAlive");
        Assert.Contains("KeepAliveAsync", line, StringComparison.Ordinal);
        Assert.Single(log.All, one => one.Contains("NoHostKeepsAlive", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Applications_work_in_the_background_while_their_host_runs()
    {
        using var host = Programs.Host(services => services.AddAirwallexOAuth(Programs.Valid));
        var application = Assert.Single(host.Services.GetRequiredService<AirwallexApplications>().All);
        Assert.False(application.HostIsRunning);

        await host.StartAsync();
        Assert.True(application.HostIsRunning);

        await host.StopAsync();
        Assert.False(application.HostIsRunning);
    }

    [Fact]
    public async Task A_host_that_was_built_and_not_started_is_told_of_at_the_first_use()
    {
        var log = new Lines();
        using var host = Programs.Host(services => services.AddAirwallexOAuth(Programs.Valid), log: log);
        var connections = host.Services.GetRequiredService<AirwallexConnections>();
        await log.NextAsync("Warning StoreInMemory");
        Assert.DoesNotContain(log.All, line => line.Contains("NoHostKeepsAlive", StringComparison.Ordinal));

        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => connections.RefreshAsync("acct_1"));
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => connections.RefreshAsync("acct_2"));

        Assert.Contains("Start the host", await log.NextAsync("Warning NoHostKeepsAlive"), StringComparison.Ordinal);
        Assert.Single(log.All, one => one.Contains("NoHostKeepsAlive", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_uses_connections_while_the_host_starts_or_stops_is_not_told_that_none_runs()
    {
        var log = new Lines();
        using var host = Programs.Host(
            services =>
            {
                services.AddHostedService<EagerService>();
                services.AddAirwallexOAuth(Programs.Valid);
            },
            log: log);
        var connections = host.Services.GetRequiredService<AirwallexConnections>();

        await host.StartAsync();
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => connections.RefreshAsync("acct_1"));
        await host.StopAsync();
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => connections.RefreshAsync("acct_2"));

        await log.NextAsync("Warning StoreInMemory");
        Assert.DoesNotContain(log.All, line => line.Contains("NoHostKeepsAlive", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_host_a_lasting_store_without_data_protection_fails_the_first_use()
    {
        await using var services = Programs.Without(
            services => services.AddAirwallexOAuth(Programs.Valid).AddTokenStore<LastingStore>());

        Assert.Throws<InvalidOperationException>(services.GetRequiredService<AirwallexConnections>);
    }

    private sealed class OtherService : IHostedService
    {
        public bool IsStarted { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            IsStarted = true;
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class EagerService(AirwallexConnections connections) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken) =>
            await Assert.ThrowsAsync<ConnectionNotFoundException>(
                () => connections.RefreshAsync("acct_0", cancellationToken));

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class LastingStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new();

        public ValueTask<StoredConnection?> FindAsync(
            ConnectionKey key, CancellationToken cancellationToken = default) =>
            _inner.FindAsync(key, cancellationToken);

        public ValueTask<bool> TrySaveAsync(
            StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
            _inner.TrySaveAsync(connection, expectedVersion, cancellationToken);

        public ValueTask<bool> TryDeleteAsync(
            ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
            _inner.TryDeleteAsync(key, expectedVersion, cancellationToken);

        public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
            ConnectionQuery query, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(query, cancellationToken);

        public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
            DateTimeOffset now, CancellationToken cancellationToken = default) =>
            _inner.SummarizeAsync(now, cancellationToken);
    }
}
