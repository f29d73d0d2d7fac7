using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database of its own for a test, without tables; deleted when disposed.</summary>
public abstract partial class TestDatabase : IAsyncDisposable
{
    public abstract string ConnectionString { get; }

    /// <summary>The engine's provider, for any context.</summary>
    public abstract void Use(DbContextOptionsBuilder options);

    public abstract DbConnection CreateConnection();

    public virtual string Quote(string name) => $"\"{name}\"";

    public static async Task<TestDatabase> CreateAsync(Engine engine) =>
        engine == Engine.Sqlite ? new SqliteDatabase() : await CreateServerAsync();

    /// <summary>A context of the application on a database that another process made.</summary>
    public static void AddContext<TContext>(IServiceCollection services, Engine engine, string connectionString)
        where TContext : DbContext =>
        services.AddDbContext<TContext>(options =>
        {
            if (engine == Engine.Sqlite)
            {
                options.UseSqlite(connectionString);
            }
            else
            {
                UseServer(options, connectionString);
            }
        });

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var connection = CreateConnection();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Every value of every row that a statement gives, as text.</summary>
    public async Task<List<string>> QueryAsync(string sql)
    {
        await using var connection = CreateConnection();
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            for (var column = 0; column < reader.FieldCount; column++)
            {
                values.Add($"{reader.GetValue(column)}");
            }
        }

        return values;
    }

    public abstract ValueTask DisposeAsync();
}
