using System.Diagnostics;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <content>The question that the keep-alive asks every few seconds, of few stored connections and of many.</content>
internal static partial class StoreBenchmarks
{
    private const int Due = 1_000;

    public static async Task KeepAliveAsync(string server)
    {
        await using var few = await FilledAsync(server, 10_000);
        await using var many = await FilledAsync(server, 1_000_000);
        var due = new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = Now };

        // By turns, so that whatever else the machine does slows both.
        var ofFew = new List<double>();
        var ofMany = new List<double>();
        for (var run = 0; run < 40; run++)
        {
            ofFew.Add(await ListAsync(few, due));
            ofMany.Add(await ListAsync(many, due));
        }

        ofFew.RemoveRange(0, 10); // They warmed up.
        ofMany.RemoveRange(0, 10);
        Say($"   10,000 stored, {Due:N0} due: listed in {Median(ofFew):0.0} ms ({ofFew.Min():0.0} to {ofFew.Max():0.0})");
        Say($"1,000,000 stored, {Due:N0} due: listed in {Median(ofMany):0.0} ms ({ofMany.Min():0.0} to {ofMany.Max():0.0}), ratio {Median(ofMany) / Median(ofFew):0.00}");
        Say($"Live heap while listing what is due: at most {await PeakHeapAsync(few, due) / 1024.0:N0} KiB of 10,000, {await PeakHeapAsync(many, due) / 1024.0:N0} KiB of 1,000,000");
        Say($"Live heap while listing all: at most {await PeakHeapAsync(few, new ConnectionFilter()) / 1024.0:N0} KiB of 10,000, {await PeakHeapAsync(many, new ConnectionFilter()) / 1024.0:N0} KiB of 1,000,000");
        await ExplainAsync(many.ConnectionString);
    }

    private static async Task<BenchmarkApp> FilledAsync(string server, int stored)
    {
        var app = await BenchmarkApp.CreateAsync(server);
        await FillAsync(app, stored);
        return app;
    }

    private static async Task<double> ListAsync(BenchmarkApp app, ConnectionFilter due)
    {
        var clock = Stopwatch.StartNew();
        var count = await app.Store.ListAsync(due).CountAsync();
        return count == Due ? clock.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{count} connections are due, expected {Due}.");
    }

    /// <summary>What is reachable while a listing goes on, looked at twenty times on its way.</summary>
    private static async Task<long> PeakHeapAsync(BenchmarkApp app, ConnectionFilter filter)
    {
        var total = await app.Store.ListAsync(filter).CountAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = 0L;
        var count = 0;
        await foreach (var _ in app.Store.ListAsync(filter))
        {
            if (++count % Math.Max(1, total / 20) == 0)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
            }
        }

        return peak;
    }

    // By COPY, since a million saves would take an hour; encrypted as the store does, so that every row can be read.
    private static async Task FillAsync(BenchmarkApp app, int stored)
    {
        var protection = app.Services.GetRequiredService<IDataProtectionProvider>();
        await using var connection = new NpgsqlConnection(app.ConnectionString);
        await connection.OpenAsync();
        await using (var rows = await connection.BeginBinaryImportAsync(
            """
            COPY "AirwallexConnections" ("AccountId", "ProtectedAccessToken", "AccessTokenExpiresAt", "ProtectedRefreshToken", "RefreshTokenExpiresAt", "IssuedAt", "Scopes", "Status", "ConnectedAt", "RenewAt", "Version")
            FROM STDIN (FORMAT BINARY)
            """))
        {
            for (var number = 0; number < stored; number++)
            {
                // The due ones lie scattered among the others, in the table as in the order of account ids.
                var isDue = number % (stored / Due) == 0;
                var made = BenchmarkApp.NewConnection($"acct_{number * 7919L % stored:D22}", Now, isDue ? Now.AddSeconds(-number % 3_600) : Now.AddSeconds(60 + (number % 5_000_000)));
                var protector = protection.CreateProtector("Airwallex.OAuth.EntityFrameworkCore", "v1", made.AccountId);
                await rows.StartRowAsync();
                await rows.WriteAsync(made.AccountId, NpgsqlDbType.Varchar);
                await rows.WriteAsync(protector.Protect(made.Tokens.AccessToken), NpgsqlDbType.Text);
                await rows.WriteAsync(made.Tokens.AccessTokenExpiresAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await rows.WriteAsync(protector.Protect(made.Tokens.RefreshToken), NpgsqlDbType.Text);
                await rows.WriteAsync(made.Tokens.RefreshTokenExpiresAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await rows.WriteAsync(made.Tokens.IssuedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await rows.WriteAsync("balance:read", NpgsqlDbType.Text);
                await rows.WriteAsync("Active", NpgsqlDbType.Varchar);
                await rows.WriteAsync(made.ConnectedAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await rows.WriteAsync(made.RenewAt.UtcDateTime, NpgsqlDbType.TimestampTz);
                await rows.WriteAsync(1L, NpgsqlDbType.Bigint);
            }

            await rows.CompleteAsync();
        }

        await BenchmarkApp.ExecuteAsync(app.ConnectionString, "VACUUM ANALYZE \"AirwallexConnections\"");
    }

    private static async Task ExplainAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        foreach (var (what, condition, order) in new[]
        {
            ("The keep-alive's first page", "\"RenewAt\" <= @now", "\"RenewAt\""),
            ("The recovery's", "\"LeaseExpiresAt\" <= @now", "\"LeaseExpiresAt\""),
        })
        {
            await using var command = new NpgsqlCommand(
                $"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) SELECT * FROM \"AirwallexConnections\" WHERE \"Status\" = 'Active' AND {condition} ORDER BY {order}, \"AccountId\" LIMIT 200", connection)
            {
                Parameters = { new("now", Now.UtcDateTime) },
            };
            Console.WriteLine($"{what}:");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                Console.WriteLine($"  {reader.GetString(0)}");
            }
        }
    }
}
