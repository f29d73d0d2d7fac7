using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <content>What the keep-alive and the health check ask, of few stored connections and of many.</content>
internal static partial class StoreBenchmarks
{
    private const int Due = 1_000;
    private const int Runs = 30;

    public static async Task KeepAliveAsync(string server)
    {
        await using var few = await FilledAsync(server, 10_000);
        await using var many = await FilledAsync(server, 1_000_000);
        var active = new ConnectionQuery { ClientId = "client", Status = ConnectionStatus.Active };
        await CompareAsync(
            $"Renewal, {Due:N0} due, pages of 100", few, many, app =>
                ListAsync(app, active with { RenewalDueAt = Now }, expected: Due));
        await CompareAsync(
            $"Recovery, {Due:N0} due, pages of 100", few, many, app =>
                ListAsync(app, active with { RecoveryDueAt = Now }, expected: Due));
        await CompareAsync(
            "Recovery, none due", few, many, app =>
                ListAsync(app, active with { RecoveryDueAt = Now.AddDays(-1) }, expected: 0));
        await CompareAsync("Summary", few, many, async app => await app.Store.SummarizeAsync(Now));
    }

    private static async Task CompareAsync(
        string what, BenchmarkApp few, BenchmarkApp many, Func<BenchmarkApp, Task> ask)
    {
        // By turns, so that whatever else the machine does slows both.
        var (ofFew, ofMany) = (new List<double>(), new List<double>());
        for (var run = -5; run < Runs; run++)
        {
            var (one, other) = (await TimeAsync(() => ask(few)), await TimeAsync(() => ask(many)));
            if (run >= 0)
            {
                ofFew.Add(one);
                ofMany.Add(other);
            }
        }

        var ratio = Median(ofMany) / Median(ofFew);
        Say($"{what}: {Describe(ofFew)} of 10,000, {Describe(ofMany)} of 1,000,000, ratio {ratio:0.00}");
    }

    private static string Describe(List<double> times) => FormattableString.Invariant(
        $"{Median(times):0.00} ms ({times.Min():0.00} to {times.Max():0.00})");

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task ListAsync(BenchmarkApp app, ConnectionQuery query, int expected)
    {
        var count = 0;
        IReadOnlyList<StoredConnection> page;
        do
        {
            page = await app.Store.ListAsync(query);
            count += page.Count;
            query = query with { After = page.Count == 0 ? null : page[^1] };
        }
        while (page.Count == query.Limit);

        if (count != expected)
        {
            throw new InvalidOperationException($"{count} connections are due, expected {expected}.");
        }
    }

    // By COPY, since a million saves would take an hour. The due ones lie scattered among the others, in the table as
    // in the key.
    private static async Task<BenchmarkApp> FilledAsync(string server, int stored)
    {
        var app = await BenchmarkApp.CreateAsync(server);
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using (var rows = await connection.BeginBinaryImportAsync(
            """
            COPY "AirwallexConnections"
              ("AccountId", "ClientId", "Version", "Status", "RenewAt", "RecoverAt", "State", "Tokens")
            FROM STDIN (FORMAT BINARY)
            """))
        {
            for (var number = 0; number < stored; number++)
            {
                var isDue = number % (stored / Due) == 0;
                var due = Now.AddSeconds(-number % 3_600).ToUnixTimeMilliseconds();
                await rows.StartRowAsync();
                await rows.WriteAsync($"acct_{number * 7919L % stored:D22}", NpgsqlDbType.Varchar);
                await rows.WriteAsync("client", NpgsqlDbType.Varchar);
                await rows.WriteAsync(BenchmarkApp.NewVersion(), NpgsqlDbType.Varchar);
                await rows.WriteAsync("Active", NpgsqlDbType.Varchar);
                await rows.WriteAsync(
                    isDue ? due : Now.AddSeconds(60 + (number % 5_000_000)).ToUnixTimeMilliseconds(),
                    NpgsqlDbType.Bigint);
                await (isDue ? rows.WriteAsync(due, NpgsqlDbType.Bigint) : rows.WriteNullAsync());
                await rows.WriteAsync(BenchmarkApp.State, NpgsqlDbType.Text);
                await rows.WriteAsync(BenchmarkApp.Tokens, NpgsqlDbType.Text);
            }

            await rows.CompleteAsync();
        }

        await BenchmarkApp.ExecuteAsync(app.ConnectionString, "VACUUM ANALYZE \"AirwallexConnections\"");
        return app;
    }
}
