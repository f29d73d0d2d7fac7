using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Two applications of one program, whose connections are in one table.</summary>
public sealed class OneTableTests : IAsyncLifetime, IAsyncDisposable
{
    private const string LiveClient = "simulated-client-id-live";
    private const string TestClient = "simulated-client-id-test";

    private readonly string _file = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AirwallexSimulator _airwallex;
    private readonly ServiceProvider _services;

    public OneTableTests()
    {
        _airwallex = new AirwallexSimulator(timeProvider: _time);
        var services = new ServiceCollection();
        services.AddSingleton<IDataProtectionProvider>(new EphemeralDataProtectionProvider());
        services.AddDbContext<Database>(options => options.UseSqlite($"Data Source={_file}"));
        services.AddAirwallexOAuth("live", _ => { }).AddEntityFrameworkStore<Database>();
        services.AddAirwallexOAuth("test", _ => { });
        services.UseAirwallexSimulator(_airwallex);
        _services = services.BuildServiceProvider();
    }

    private AirwallexConnections Live => _services.GetRequiredKeyedService<AirwallexConnections>("live");

    private AirwallexConnections Test => _services.GetRequiredKeyedService<AirwallexConnections>("test");

    public async Task InitializeAsync()
    {
        await WithTableAsync(database => database.Database.EnsureCreatedAsync());
        foreach (var (connections, client) in new[] { (Live, LiveClient), (Test, TestClient) })
        {
            await connections.ConnectAsync(_airwallex.ConnectAccount("acct_1", client: _airwallex.FindClient(client)));
        }
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _airwallex.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        File.Delete(_file);
    }

    [Fact]
    public async Task One_account_that_is_connected_to_both_has_a_row_and_tokens_for_each()
    {
        _time.Advance(TimeSpan.FromMinutes(1));
        await Live.RefreshAsync("acct_1");

        var live = await Live.FindAsync("acct_1");
        var test = await Test.FindAsync("acct_1");
        Assert.Equal((LiveClient, TestClient), (live!.ClientId, test!.ClientId));
        Assert.True(live.RefreshedAt > test.RefreshedAt);
        Assert.NotEqual(await Live.GetAccessTokenAsync("acct_1"), await Test.GetAccessTokenAsync("acct_1"));
        Assert.Equal(2, await WithTableAsync(
            database => database.Database.SqlQueryRaw<int>("SELECT COUNT(*) AS Value FROM AirwallexConnections")
                .SingleAsync()));
        _airwallex.AssertNoViolations();
    }

    [Fact]
    public async Task What_ends_for_one_goes_on_for_the_other()
    {
        await Live.DisconnectAsync("acct_1");

        Assert.Null(await Live.FindAsync("acct_1"));
        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => Live.GetAccessTokenAsync("acct_1"));
        Assert.Equal(ConnectionStatus.Active, (await Test.RefreshAsync("acct_1")).Status);
    }

    [Fact]
    public async Task Both_refresh_the_same_account_at_once_without_waiting_for_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(
            caller => Task.Run(() => (caller % 2 == 0 ? Live : Test).RefreshAsync("acct_1"))));

        Assert.Equal(2, _airwallex.Journal.Where(entry => entry.GrantType == "refresh_token")
            .Select(entry => entry.ClientId).Distinct().Count());
        _airwallex.AssertNoViolations();
    }

    private async Task<T> WithTableAsync<T>(Func<Database, Task<T>> use)
    {
        await using var scope = _services.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<Database>());
    }

    private sealed class Database(DbContextOptions<Database> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
    }
}
