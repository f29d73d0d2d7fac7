using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <content>A refresh's statements by the store, and the same by plain Npgsql.</content>
internal static partial class StoreBenchmarks
{
    // So many that no row is written again before the server has cleaned up after it.
    private const int Accounts = 8_000;
    private const int Rounds = 10;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(20); // The runtime compiles hot code in stages.

    private const string Select = """
        SELECT "AccountId", "ClientId", "RecoverAt", "RenewAt", "State", "Status", "Tokens", "Version"
        FROM "AirwallexConnections" WHERE "AccountId" = @account AND "ClientId" = @client
        """;

    private const string Update = """
        UPDATE "AirwallexConnections" SET "RecoverAt" = @recoverAt, "RenewAt" = @renewAt, "State" = @state,
          "Status" = @status, "Tokens" = @tokens, "Version" = @next
        WHERE "AccountId" = @account AND "ClientId" = @client AND "Version" = @version
        """;

    /// <summary>
    /// One row read, the attempt written, the tokens written: by the store and by plain Npgsql, by turns in one run,
    /// each on rows of its own. Both by several callers at a time, each with accounts of its own.
    /// </summary>
    public static async Task RefreshesAsync(string server)
    {
        await using var app = await BenchmarkApp.CreateAsync(server);
        var byStore = await SaveAsync(app, "acct_store_");
        var byHand = await SaveAsync(app, "acct_plain_");

        await RateAsync(16, WarmUp, number => ByStoreAsync(app.Store, byStore[number]));
        await RateAsync(16, RoundLength, number => ByHandAsync(app.ConnectionString, byHand[number]));

        Console.WriteLine(
            "Statements of a refresh (one read, two writes), sets a second, by the store and by plain Npgsql:");
        foreach (var callers in new[] { 1, 4, 16 })
        {
            var rates = new List<(double Store, double Plain)>();
            for (var round = 0; round < Rounds; round++)
            {
                rates.Add((
                    await RateAsync(callers, RoundLength, number => ByStoreAsync(app.Store, byStore[number])),
                    await RateAsync(
                        callers, RoundLength, number => ByHandAsync(app.ConnectionString, byHand[number]))));
            }

            var ratios = rates.Select(rate => rate.Store / rate.Plain).Order().ToArray();
            var (store, plain) = (Median(rates.Select(rate => rate.Store)), Median(rates.Select(rate => rate.Plain)));
            var range = FormattableString.Invariant($"{Median(ratios):0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00})");
            Say($"{callers,2} callers: {store,6:N0} against {plain,6:N0}, ratio {range}");
        }
    }

    private static async Task<ConnectionKey[]> SaveAsync(BenchmarkApp app, string prefix)
    {
        var connections = Enumerable.Range(0, Accounts).Select(
            number => BenchmarkApp.NewConnection($"{prefix}{number}", Now.AddDays(70))).ToArray();
        await Parallel.ForEachAsync(
            connections,
            async (connection, cancellation) => await app.Store.TrySaveAsync(connection, null, cancellation));
        return [.. connections.Select(
            connection => new ConnectionKey { AccountId = connection.AccountId, ClientId = connection.ClientId })];
    }

    private static async Task<double> RateAsync(int callers, TimeSpan length, Func<int, Task> work)
    {
        var clock = Stopwatch.StartNew();
        var done = await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var count = 0;
            for (var number = caller; clock.Elapsed < length; number += callers)
            {
                await work(number % Accounts);
                count++;
            }

            return count;
        })));
        return done.Sum() / clock.Elapsed.TotalSeconds;
    }

    private static async Task ByStoreAsync(ITokenStore store, ConnectionKey key)
    {
        var read = (await store.FindAsync(key))!;
        var attempt = read with { Version = BenchmarkApp.NewVersion(), RecoverAt = Now.AddSeconds(12) };
        var refreshed = attempt with { Version = BenchmarkApp.NewVersion(), RecoverAt = null };
        if (!await store.TrySaveAsync(attempt, read.Version) || !await store.TrySaveAsync(refreshed, attempt.Version))
        {
            throw new InvalidOperationException("The swap was lost.");
        }
    }

    private static async Task ByHandAsync(string connectionString, ConnectionKey key)
    {
        var read = await ReadAsync(connectionString, key);
        var attempt = read with { Version = BenchmarkApp.NewVersion(), RecoverAt = Now.AddSeconds(12) };
        await WriteAsync(connectionString, attempt, read.Version);
        await WriteAsync(
            connectionString, attempt with { Version = BenchmarkApp.NewVersion(), RecoverAt = null }, attempt.Version);
    }

    private static async Task<StoredConnection> ReadAsync(string connectionString, ConnectionKey key)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Select, connection)
        {
            Parameters = { new("account", key.AccountId), new("client", key.ClientId) },
        };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new StoredConnection
        {
            AccountId = reader.GetString(0),
            ClientId = reader.GetString(1),
            RecoverAt = reader.IsDBNull(2) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(2)),
            RenewAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(3)),
            State = reader.GetString(4),
            Status = Enum.Parse<ConnectionStatus>(reader.GetString(5)),
            Tokens = reader.GetString(6),
            Version = reader.GetString(7),
        };
    }

    private static async Task WriteAsync(string connectionString, StoredConnection next, string version)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Update, connection)
        {
            Parameters =
            {
                new("recoverAt", NpgsqlDbType.Bigint)
                {
                    Value = next.RecoverAt?.ToUnixTimeMilliseconds() ?? (object)DBNull.Value,
                },
                new("renewAt", next.RenewAt.ToUnixTimeMilliseconds()),
                new("state", next.State),
                new("status", next.Status.ToString()),
                new("tokens", next.Tokens),
                new("next", next.Version),
                new("account", next.AccountId),
                new("client", next.ClientId),
                new("version", version),
            },
        };
        if (await command.ExecuteNonQueryAsync() != 1)
        {
            throw new InvalidOperationException("The statement found no row.");
        }
    }
}
