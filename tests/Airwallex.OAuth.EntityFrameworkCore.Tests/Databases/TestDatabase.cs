using System.Data.Common;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A database of its own for a test, its tables made by the migrations of the sample context; deleted when disposed.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    public abstract string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync(Engine engine, bool migrate = true)
    {
        TestDatabase database = engine == Engine.Sqlite ? new SqliteDatabase() : await PostgresDatabase.CreateAsync();
        try
        {
            if (migrate)
            {
                await using var context = database.CreateContext();
                await context.Database.MigrateAsync();
            }

            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>The engine's provider, for any context.</summary>
    public abstract void Use(DbContextOptionsBuilder options, Func<ExecutionStrategyDependencies, IExecutionStrategy>? strategy = null);

    /// <summary>Registers the store on the sample context, which is registered by <paramref name="context"/>.</summary>
    public abstract void AddStore(AirwallexOAuthBuilder builder, ContextFrom context = ContextFrom.Scope, Action<DbContextOptionsBuilder>? configure = null);

    public abstract SampleDbContext CreateContext();

    public abstract DbConnection CreateConnection();

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

/// <summary>How an application registers its context.</summary>
public enum ContextFrom
{
    Scope,
    Factory,
    ScopedFactory,
    PooledFactory,
}

/// <summary>A database whose engine has migrations of its own in <typeparamref name="TContext"/>.</summary>
public abstract class TestDatabase<TContext> : TestDatabase
    where TContext : SampleDbContext
{
    public override void AddStore(AirwallexOAuthBuilder builder, ContextFrom context = ContextFrom.Scope, Action<DbContextOptionsBuilder>? configure = null)
    {
        var services = builder.Services;
        _ = context switch
        {
            ContextFrom.Factory => services.AddDbContextFactory<TContext>(Configure),
            ContextFrom.ScopedFactory => services.AddDbContextFactory<TContext>(Configure, ServiceLifetime.Scoped),
            ContextFrom.PooledFactory => services.AddPooledDbContextFactory<TContext>(Configure),
            _ => services.AddDbContext<TContext>(Configure),
        };
        builder.AddEntityFrameworkStore<TContext>();

        void Configure(DbContextOptionsBuilder options)
        {
            Use(options);
            configure?.Invoke(options);
        }
    }

    public override SampleDbContext CreateContext()
    {
        var options = new DbContextOptionsBuilder<TContext>();
        Use(options);
        return (TContext)Activator.CreateInstance(typeof(TContext), options.Options)!;
    }
}
