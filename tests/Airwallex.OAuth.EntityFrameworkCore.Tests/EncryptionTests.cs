using System.Text;
using System.Text.Json;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// Whole applications on one database: what it holds of tokens, and what becomes of rows whose key is gone.
/// </summary>
public sealed class EncryptionTests : IDisposable
{
    private readonly TemporaryFolder _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task The_raw_table_and_the_logs_hold_no_token_and_no_secret(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var simulator = new AirwallexSimulator();
        var (secrets, logs) = (new List<string> { simulator.DefaultClient.ClientSecret }, new LogRecords());
        await using var app = await CreateAsync(database, simulator, logs, secrets);
        var connections = app.GetRequiredService<AirwallexConnections>();

        await connections.ConnectAsync(simulator.ConnectAccount("acct_1"));
        await connections.RefreshAsync("acct_1");
        await connections.RefreshAsync("acct_1");

        var table = await database.QueryAsync($"SELECT * FROM {database.Quote("AirwallexConnections")}");
        var file = engine == Engine.Sqlite ? await ReadFileAsync(database.ConnectionString) : "acct_1";
        Assert.Equal(1 + (3 * 2), secrets.Count);
        Assert.Contains("acct_1", table);
        Assert.Contains("acct_1", file, StringComparison.Ordinal);
        foreach (var form in secrets.SelectMany(FormsOf))
        {
            Assert.DoesNotContain(table, value => value.Contains(form, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(logs.All, log => log.Text.Contains(form, StringComparison.OrdinalIgnoreCase));
            Assert.DoesNotContain(form, file, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Customers_whose_keys_were_removed_under_a_running_instance_connect_again(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var time = new FakeTimeProvider(StoreChecks.Noon);
        await using var simulator = new AirwallexSimulator(timeProvider: time);
        await using var running = await CreateAsync(database, simulator);
        foreach (var accountId in new[] { "acct_1", "acct_2" })
        {
            await running.GetRequiredService<AirwallexConnections>().ConnectAsync(simulator.ConnectAccount(accountId));
        }

        Directory.GetFiles(_keys.Path).ToList().ForEach(File.Delete);
        await using var restarted = await CreateAsync(database, simulator);
        var connections = restarted.GetRequiredService<AirwallexConnections>();

        // Nothing is sent or lost without the key; the instance that still has it in memory goes on.
        var refusal = await Assert.ThrowsAsync<AirwallexOAuthException>(() => connections.RefreshAsync("acct_1"));
        Assert.Contains("Data Protection keys", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ConnectionStatus.Unreadable, (await connections.FindAsync("acct_1"))!.Status);
        Assert.Equal(HealthStatus.Unhealthy, await CheckHealthAsync(restarted));
        Assert.DoesNotContain(simulator.Journal, entry => entry.GrantType == "refresh_token");
        await running.GetRequiredService<AirwallexConnections>().RefreshAsync("acct_2");

        // The customers connect again, and every instance goes on with the new key.
        foreach (var accountId in new[] { "acct_1", "acct_2" })
        {
            await connections.ConnectAsync(simulator.ConnectAccount(accountId));
        }

        time.Advance(TimeSpan.FromMinutes(1)); // A report of the health check holds for a while.
        foreach (var app in new[] { restarted, running, restarted })
        {
            await app.GetRequiredService<AirwallexConnections>().RefreshAsync("acct_1");
            await app.GetRequiredService<AirwallexConnections>().RefreshAsync("acct_2");
            Assert.Equal(HealthStatus.Healthy, await CheckHealthAsync(app));
        }

        simulator.AssertNoViolations();
    }

    private async Task<ServiceProvider> CreateAsync(
        TestDatabase database, AirwallexSimulator simulator, LogRecords? logs = null, List<string>? secrets = null)
    {
        var services = new ServiceCollection().UseAirwallexSimulator(simulator);
        services.AddLogging(logging => logging.AddProvider(logs ?? new()).SetMinimumLevel(LogLevel.Trace));
        services.AddDataProtection().SetApplicationName("tests").PersistKeysToFileSystem(new(_keys.Path));
        services.AddDbContext<SampleDbContext>(options =>
        {
            database.Use(options);
            options.EnableSensitiveDataLogging();
        });
        services.AddHealthChecks().AddAirwallexOAuth();
        services.AddAirwallexOAuth(_ => { }).AddEntityFrameworkStore<SampleDbContext>()
            .TokenHttpClient.AddHttpMessageHandler(() => new TokenRecorder(secrets ?? []));
        var provider = services.BuildServiceProvider(validateScopes: true);
        await using var scope = provider.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database.EnsureCreatedAsync();
        return provider;
    }

    private static async Task<HealthStatus> CheckHealthAsync(ServiceProvider app) =>
        (await app.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;

    private static IEnumerable<string> FormsOf(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return [secret, Uri.EscapeDataString(secret), Convert.ToHexString(bytes), Convert.ToBase64String(bytes)[..^4]];
    }

    /// <summary>The file and its log, which hold what is left of rows that were written before, too.</summary>
    private static async Task<string> ReadFileAsync(string connectionString)
    {
        var path = new SqliteConnectionStringBuilder(connectionString).DataSource;
        var text = "";
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!, $"{Path.GetFileName(path)}*"))
        {
            await using var stream = new FileStream(
                file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            text += await reader.ReadToEndAsync();
        }

        return text;
    }

    /// <summary>Keeps every token that Airwallex issues.</summary>
    private sealed class TokenRecorder(List<string> tokens) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            tokens.Add(body.RootElement.GetProperty("access_token").GetString()!);
            tokens.Add(body.RootElement.GetProperty("refresh_token").GetString()!);
            return response;
        }
    }
}
