using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <content>Refreshes a second, beside the two statements that a refresh writes.</content>
internal static partial class StoreBenchmarks
{
    private const int Accounts = 8_000; // So many that no row is written again before the server has cleaned up after it.
    private const int Rounds = 10;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(30); // The runtime compiles hot code in stages, for half a minute on two busy cores.

    private const string Statement = """
        UPDATE "AirwallexConnections" SET
          "ProtectedAccessToken" = @access, "AccessTokenExpiresAt" = @accessExpires, "ProtectedRefreshToken" = @refresh, "RefreshTokenExpiresAt" = @refreshExpires,
          "IssuedAt" = @now, "Scopes" = 'balance:read', "Status" = 'Active', "StatusReason" = NULL, "ConnectedAt" = @now, "RenewAt" = @renew,
          "PendingAttemptId" = @attempt, "FirstSentAt" = @first, "LeaseExpiresAt" = @lease, "AnsweredStatus" = NULL, "Version" = @version + 1
        WHERE "AccountId" = @account AND "Version" = @version
        """;

    /// <summary>
    /// Forced refreshes of one instance (one row read, two written, two tokens decrypted and two encrypted, a token request and its answer), by turns
    /// with the same two writes alone, by plain Npgsql, on a row just like it. Both by several callers at a time, each with accounts of its own.
    /// </summary>
    public static async Task RefreshesAsync(string server)
    {
        await using var app = await BenchmarkApp.CreateAsync(server);
        var refreshed = await SaveAsync(app, "acct_refreshed_");
        var written = await SaveAsync(app, "acct_written_");
        var connections = app.Services.GetRequiredService<AirwallexConnections>();
        var twoStatements = await TwoStatements.CreateAsync(app.ConnectionString, written);

        await RateAsync(16, WarmUp, number => connections.RefreshAsync(refreshed[number]));
        await RateAsync(16, RoundLength, twoStatements.ExecuteAsync);

        Console.WriteLine("Refreshes per second, and pairs of the two statements per second by plain Npgsql:");
        foreach (var callers in new[] { 1, 4, 16 })
        {
            var rates = new List<(double Library, double Plain)>();
            for (var round = 0; round < Rounds; round++)
            {
                rates.Add((
                    await RateAsync(callers, RoundLength, number => connections.RefreshAsync(refreshed[number])),
                    await RateAsync(callers, RoundLength, twoStatements.ExecuteAsync)));
            }

            var ratios = rates.Select(rate => rate.Library / rate.Plain).Order().ToArray();
            Say($"{callers,2} callers: {Median(rates.Select(rate => rate.Library)),6:N0} against {Median(rates.Select(rate => rate.Plain)),6:N0}, ratio {Median(ratios):0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00})");
        }
    }

    private static async Task<string[]> SaveAsync(BenchmarkApp app, string prefix)
    {
        var accountIds = Enumerable.Range(0, Accounts).Select(number => $"{prefix}{number}").ToArray();
        await Parallel.ForEachAsync(
            accountIds, async (accountId, cancellation) => await app.Store.TrySaveAsync(BenchmarkApp.NewConnection(accountId, Now, Now.AddDays(70)), cancellation));

        return accountIds;
    }

    private static async Task<double> RateAsync(int callers, TimeSpan length, Func<int, Task> work)
    {
        var clock = Stopwatch.StartNew();
        var done = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var count = 0;
            for (var number = caller; clock.Elapsed < length; number = number + callers < Accounts ? number + callers : caller)
            {
                await work(number);
                count++;
            }

            return count;
        })));
        return done.Sum() / clock.Elapsed.TotalSeconds;
    }

    /// <summary>What a refresh writes, the note and then the tokens, by hand.</summary>
    private sealed class TwoStatements
    {
        private readonly string _connectionString;
        private readonly string[] _accountIds;
        private readonly long[] _versions;
        private string _access = "";
        private string _refresh = "";

        private TwoStatements(string connectionString, string[] accountIds)
        {
            _connectionString = connectionString;
            _accountIds = accountIds;
            _versions = [.. accountIds.Select(_ => 1L)];
        }

        public static async Task<TwoStatements> CreateAsync(string connectionString, string[] accountIds)
        {
            var statements = new TwoStatements(connectionString, accountIds);
            await using var connection = new NpgsqlConnection(connectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand("SELECT \"ProtectedAccessToken\", \"ProtectedRefreshToken\" FROM \"AirwallexConnections\" LIMIT 1", connection);
            await using var reader = await command.ExecuteReaderAsync();
            await reader.ReadAsync();
            (statements._access, statements._refresh) = (reader.GetString(0), reader.GetString(1));
            return statements;
        }

        public async Task ExecuteAsync(int number)
        {
            await ExecuteAsync(number, pending: true);
            await ExecuteAsync(number, pending: false);
        }

        private async Task ExecuteAsync(int number, bool pending)
        {
            var now = DateTime.UtcNow;
            await using var connection = new NpgsqlConnection(_connectionString);
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(Statement, connection)
            {
                Parameters =
                {
                    new("access", _access),
                    new("accessExpires", now.AddMinutes(5)),
                    new("refresh", _refresh),
                    new("refreshExpires", now.AddDays(90)),
                    new("now", now),
                    new("renew", now.AddDays(70)),
                    new("attempt", NpgsqlDbType.Uuid) { Value = pending ? Guid.NewGuid() : DBNull.Value },
                    new("first", NpgsqlDbType.TimestampTz) { Value = pending ? now : DBNull.Value },
                    new("lease", NpgsqlDbType.TimestampTz) { Value = pending ? now.AddSeconds(20) : DBNull.Value },
                    new("account", _accountIds[number]),
                    new("version", _versions[number]++),
                },
            };
            if (await command.ExecuteNonQueryAsync() != 1)
            {
                throw new InvalidOperationException("The statement found no row.");
            }
        }
    }
}
