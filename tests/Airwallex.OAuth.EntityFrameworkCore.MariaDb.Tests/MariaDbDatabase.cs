using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using MySqlConnector;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database on <see cref="MariaDbServer"/>.</summary>
internal sealed class MariaDbDatabase : TestDatabase
{
    private readonly string _server;
    private readonly string _name = $"airwallex_test_{Guid.NewGuid():N}";
    private readonly bool _isRetrying;

    private MariaDbDatabase(string server, bool isRetrying)
    {
        (_server, _isRetrying) = (server, isRetrying);
        ConnectionString = new MySqlConnectionStringBuilder(server) { Database = _name, MaximumPoolSize = 60 }
            .ConnectionString;
    }

    public override string ConnectionString { get; }

    /// <param name="isRetrying">Whether the application calls EnableRetryOnFailure.</param>
    public static async Task<MariaDbDatabase> CreateAsync(bool isRetrying = false)
    {
        var database = new MariaDbDatabase(await MariaDbServer.ConnectionStringAsync(), isRetrying);
        await database.OnServerAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    public override string Quote(string name) => $"`{name}`";

    public override void Use(DbContextOptionsBuilder options) => options.UseMySql(
        ConnectionString, MariaDbServerVersion.LatestSupportedServerVersion, mySql =>
            _ = _isRetrying ? mySql.EnableRetryOnFailure() : mySql);

    public override DbConnection CreateConnection() => new MySqlConnection(ConnectionString);

    public override async ValueTask DisposeAsync()
    {
        await using (var connection = new MySqlConnection(ConnectionString))
        {
            await MySqlConnection.ClearPoolAsync(connection);
        }

        await OnServerAsync($"DROP DATABASE {_name}");
    }

    private async Task OnServerAsync(string sql)
    {
        await using var connection = new MySqlConnection(_server);
        await connection.OpenAsync();
        await using var command = new MySqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <content>The server of this project is MariaDB.</content>
public abstract partial class TestDatabase
{
    public static string? ServerSkipReason => MariaDbServer.SkipReason;

    private static async Task<TestDatabase> CreateServerAsync() => await MariaDbDatabase.CreateAsync();

    private static void UseServer(DbContextOptionsBuilder options, string connectionString) =>
        options.UseMySql(connectionString, MariaDbServerVersion.LatestSupportedServerVersion);
}
