using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// What is asked every few seconds reads only what is due: the engine says so about the very statements of the store,
/// with 20,000 connections stored and 500 due, on each of the pages.
/// </summary>
public sealed class IndexTests
{
    private static readonly ConnectionQuery Active = new() { ClientId = "client", Status = ConnectionStatus.Active };

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Renewal_reads_its_index(Engine engine) => await RequireIndexAsync(
        engine, Active with { RenewalDueAt = StoreChecks.Noon }, "Status_RenewAt");

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Recovery_reads_its_index(Engine engine) => await RequireIndexAsync(
        engine, Active with { RecoveryDueAt = StoreChecks.Noon }, "Status_RecoverAt");

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_listing_of_all_reads_the_key(Engine engine)
    {
        foreach (var plan in await PlansAsync(engine, new ConnectionQuery { Limit = 1_000 }))
        {
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }
    }

    private static async Task RequireIndexAsync(Engine engine, ConnectionQuery query, string index)
    {
        foreach (var plan in await PlansAsync(engine, query with { Limit = 100 }))
        {
            Assert.Contains($"IX_AirwallexConnections_ClientId_{index}", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
        }
    }

    private static async Task<IReadOnlyList<string>> PlansAsync(Engine engine, ConnectionQuery query)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var recorder = new CommandRecorder(engine == Engine.Sqlite ? "EXPLAIN QUERY PLAN" : "EXPLAIN");
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        await using var explained = StoreHost.Create<SampleDbContext>(
            database, options => options.AddInterceptors(recorder));
        var due = StoreChecks.Noon.ToUnixTimeMilliseconds();
        await InsertAsync(database, engine, 1, 19_500, renewAt: due + 1, recoverAt: "NULL");
        await InsertAsync(database, engine, 19_501, 20_000, due, $"{due}");
        await database.ExecuteAsync(engine == Engine.Sqlite ? "SELECT 1" : "ANALYZE \"AirwallexConnections\"");

        for (
            var (page, pages) = (await explained.Store.ListAsync(query), 1); page.Count == query
                .Limit && pages < 6; pages++)
        {
            page = await explained.Store.ListAsync(query with { After = page[^1] });
        }

        Assert.True(recorder.Plans.Count >= 5, $"{recorder.Plans.Count} pages were read.");
        return recorder.Plans;
    }

    private static Task<int> InsertAsync(
        TestDatabase database, Engine engine, int first, int last, long renewAt, string recoverAt)
    {
        var numbers = engine == Engine.Sqlite
            ? $"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})"
            : $"WITH numbers(n) AS (SELECT generate_series({first}, {last}))";
        return database.ExecuteAsync(
            $$"""
            {{numbers}}
            INSERT INTO "AirwallexConnections"
              ("AccountId", "ClientId", "Version", "Status", "RenewAt", "RecoverAt", "State", "Tokens")
            SELECT 'acct_' || n, 'client', n, 'Active',
              {{renewAt}} - CASE WHEN n > 19500 THEN n % 1000 ELSE 0 END, {{recoverAt}}, '{}', 'encrypted'
            FROM numbers
            """);
    }
}
