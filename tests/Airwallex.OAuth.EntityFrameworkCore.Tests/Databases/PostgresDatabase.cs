using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database on <see cref="PostgresServer"/>.</summary>
internal sealed class PostgresDatabase : TestDatabase
{
    private readonly string _server;
    private readonly string _name = $"airwallex_test_{Guid.NewGuid():N}";
    private readonly bool _isRetrying;

    private PostgresDatabase(string server, string? isolation, bool isRetrying)
    {
        (_server, _isRetrying) = (server, isRetrying);
        ConnectionString = new NpgsqlConnectionStringBuilder(server)
        {
            Database = _name,
            MaxPoolSize = 60,
            Options = isolation is null ? null : $"-c default_transaction_isolation={isolation}",
        }.ConnectionString;
    }

    public override string ConnectionString { get; }

    /// <param name="isolation">The isolation of every transaction, with underscores; null for the server's, read
    /// committed.</param>
    /// <param name="isRetrying">Whether the application calls EnableRetryOnFailure.</param>
    public static async Task<PostgresDatabase> CreateAsync(string? isolation = null, bool isRetrying = false)
    {
        var database = new PostgresDatabase(
            await PostgresServer.ConnectionStringAsync(),
            isolation?.Replace("_", "\\ ", StringComparison.Ordinal),
            isRetrying);
        await database.OnServerAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    public override void Use(DbContextOptionsBuilder options) =>
        options.UseNpgsql(ConnectionString, npgsql => _ = _isRetrying ? npgsql.EnableRetryOnFailure() : npgsql);

    public override DbConnection CreateConnection() => new NpgsqlConnection(ConnectionString);

    public override async ValueTask DisposeAsync()
    {
        using (var connection = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        await OnServerAsync($"DROP DATABASE {_name} WITH (FORCE)");
    }

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <content>The server of this project is PostgreSQL.</content>
public abstract partial class TestDatabase
{
    public static string? ServerSkipReason => PostgresServer.SkipReason;

    private static async Task<TestDatabase> CreateServerAsync() => await PostgresDatabase.CreateAsync();

    private static void UseServer(DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString);
}
