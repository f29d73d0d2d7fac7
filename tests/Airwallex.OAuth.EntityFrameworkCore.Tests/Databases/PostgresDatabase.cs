using System.Data.Common;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database on <see cref="PostgresServer"/>.</summary>
internal sealed class PostgresDatabase : TestDatabase<PostgresSampleDbContext>
{
    private readonly string _server;
    private readonly string _name = $"airwallex_test_{Guid.NewGuid():N}";

    private PostgresDatabase(string server)
    {
        _server = server;
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = _name }.ConnectionString;
    }

    public override string ConnectionString { get; }

    public static async Task<PostgresDatabase> CreateAsync()
    {
        var database = new PostgresDatabase(await PostgresServer.ConnectionStringAsync());
        await database.OnServerAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    public override void Use(DbContextOptionsBuilder options, Func<ExecutionStrategyDependencies, IExecutionStrategy>? strategy = null) =>
        options.UseNpgsql(ConnectionString, npgsql => _ = strategy is null ? npgsql : npgsql.ExecutionStrategy(strategy));

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
