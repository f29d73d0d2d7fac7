using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// The questions asked every few seconds read only what is due: the engine says so about the very statements of the store, with 20,000 connections
/// stored and 500 due, on each of the pages.
/// </summary>
public sealed class IndexTests : IDisposable
{
    private readonly KeyFolder _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task The_keep_alive_reads_its_index(Engine engine)
    {
        var filter = new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = TestConnections.Noon };

        foreach (var plan in await PlansAsync(engine, filter, renewAtOfDue: TestConnections.Noon, leaseExpiresAtOfDue: null))
        {
            Assert.Contains("IX_AirwallexConnections_Status_RenewAt", plan, StringComparison.Ordinal);
            RequireNoScan(plan);
        }
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task The_recovery_reads_its_index(Engine engine)
    {
        var filter = new ConnectionFilter { Status = ConnectionStatus.Active, LeaseExpiredAt = TestConnections.Noon };

        foreach (var plan in await PlansAsync(engine, filter, renewAtOfDue: TestConnections.Noon.AddDays(60), leaseExpiresAtOfDue: TestConnections.Noon))
        {
            Assert.Contains("IX_AirwallexConnections_Status_LeaseExpiresAt", plan, StringComparison.Ordinal);
            RequireNoScan(plan);
        }
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_listing_of_all_reads_the_key(Engine engine)
    {
        foreach (var plan in await PlansAsync(engine, new ConnectionFilter(), renewAtOfDue: TestConnections.Noon, leaseExpiresAtOfDue: null))
        {
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }
    }

    private async Task<IReadOnlyList<string>> PlansAsync(Engine engine, ConnectionFilter filter, DateTimeOffset renewAtOfDue, DateTimeOffset? leaseExpiresAtOfDue)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var recorder = new CommandRecorder(engine == Engine.Sqlite ? "EXPLAIN QUERY PLAN" : "EXPLAIN");
        await using var host = StoreHost.Create(database, _keys);
        await using var explained = StoreHost.Create(database, _keys, configure: options => options.AddInterceptors(recorder));

        // Ciphertext is copied: 500 rows that decrypt are not the point here, reading them is.
        var sample = await host.Store.SaveAsync(TestConnections.Create() with { RenewAt = TestConnections.Noon.AddDays(61) });
        await CopyAsync(database, engine, sample.AccountId, 1, 19_500, TestConnections.Noon.AddDays(61), null);
        await CopyAsync(database, engine, sample.AccountId, 19_501, 20_000, renewAtOfDue, leaseExpiresAtOfDue);
        await database.ExecuteAsync(engine == Engine.Sqlite ? "SELECT 1" : "ANALYZE \"AirwallexConnections\"");

        await explained.Store.ListAllAsync(filter);

        Assert.True(recorder.Plans.Count >= 3, $"{recorder.Plans.Count} pages were read.");
        return recorder.Plans;
    }

    private static Task<int> CopyAsync(TestDatabase database, Engine engine, string accountId, int first, int last, DateTimeOffset renewAt, DateTimeOffset? leaseExpiresAt)
    {
        const string Same = """
            "ProtectedAccessToken", "AccessTokenExpiresAt", "ProtectedRefreshToken", "RefreshTokenExpiresAt", "IssuedAt", "Scopes", "Status", "ConnectedAt", "Version"
            """;
        var numbers = engine == Engine.Sqlite
            ? $"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
            : $"WITH numbers(n) AS (SELECT generate_series({first}, {last}))";
        var ago = engine == Engine.Sqlite
            ? "strftime('%Y-%m-%d %H:%M:%f', {0}, '-' || (n % 1000) || ' seconds')"
            : "{0}::timestamptz - (n % 1000) * interval '1 second'";
        var lease = leaseExpiresAt is { } instant ? At(instant) : "NULL";
        return database.ExecuteAsync(
            $"""
            {numbers}
            INSERT INTO "AirwallexConnections" ("AccountId", "RenewAt", "LeaseExpiresAt", {Same})
            SELECT 'acct_' || n, {At(renewAt)}, {lease}, {Same}
            FROM "AirwallexConnections", numbers WHERE "AccountId" = '{accountId}'
            """);

        string At(DateTimeOffset at) => string.Format(
            System.Globalization.CultureInfo.InvariantCulture, ago, $"'{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}{(engine == Engine.Sqlite ? "" : "+00")}'");
    }

    private static void RequireNoScan(string plan)
    {
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
    }
}
