using System.Transactions;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>How the store uses the application's context and database; what it stores is under <see cref="ConformanceTests"/>.</summary>
public sealed class TokenStoreTests : IDisposable
{
    private readonly KeyFolder _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_swap_is_one_statement(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var recorder = new CommandRecorder();
        await using var host = StoreHost.Create(database, _keys, configure: options => options.AddInterceptors(recorder));

        var saved = await host.Store.SaveAsync(TestConnections.Create());
        await host.Store.SaveAsync(saved);
        Assert.False(await host.Store.TrySaveAsync(saved));

        Assert.Collection(
            recorder.Commands,
            create => Assert.StartsWith("INSERT", create, StringComparison.Ordinal),
            update => Assert.Matches("^UPDATE [^;]* WHERE [^;]*AccountId[^;]* AND [^;]*Version[^;]*$", update.ReplaceLineEndings(" ")),
            lost => Assert.StartsWith("UPDATE", lost, StringComparison.Ordinal));

        // Values are parameters, so that the engine's and the framework's caches of statements hold one, not one for each token.
        Assert.Equal(recorder.Commands[1], recorder.Commands[2]);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task The_context_comes_from_a_scope_or_from_any_kind_of_factory(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var saved = TestConnections.Create();

        foreach (var context in Enum.GetValues<ContextFrom>())
        {
            await using var host = StoreHost.Create(database, _keys, context);
            saved = await host.Store.SaveAsync(saved);

            Assert.Equal(saved.Version, (await host.Store.FindAsync(saved.AccountId))!.Version);
            Assert.Single(await host.Store.ListAllAsync());
        }
    }

    [PostgresFact]
    public async Task A_rolled_back_transaction_of_the_caller_does_not_take_a_write_with_it()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        await using var host = StoreHost.Create(database, _keys);
        var connection = TestConnections.Create();

        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            connection = await host.Store.SaveAsync(connection);
            connection = await host.Store.SaveAsync(connection);
            await using var own = database.CreateContext();
            own.Customers.Add(new Sample.Customer { Name = "rolled back" });
            await own.SaveChangesAsync();
        }

        Assert.Equal(2, (await host.Store.FindAsync(connection.AccountId))!.Version);
        Assert.Empty(await database.QueryAsync("SELECT * FROM \"Customers\""));
    }

    [PostgresFact]
    public async Task A_listing_holds_no_database_connection_while_its_consumer_works()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        var onlyOne = new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxPoolSize = 1, Timeout = 2 }.ConnectionString;
        await using var host = StoreHost.Create(database, _keys, configure: options => options.UseNpgsql(onlyOne));
        await host.Store.SaveAsync(TestConnections.Create("acct_1"));
        await host.Store.SaveAsync(TestConnections.Create("acct_2"));

        await foreach (var connection in host.Store.ListAsync(new ConnectionFilter()))
        {
            await host.Store.SaveAsync(connection);
        }

        Assert.All(await host.Store.ListAllAsync(), connection => Assert.Equal(2, connection.Version));
    }

    [Fact]
    public async Task An_id_that_is_too_long_for_the_column_is_refused_by_name_and_not_found()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create(database, _keys);
        var longest = TestConnections.Create("acct_" + new string('x', 250));
        var tooLong = TestConnections.Create("acct_" + new string('x', 251));

        await host.Store.SaveAsync(longest);
        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.Store.TrySaveAsync(tooLong).AsTask());

        Assert.Contains("256 characters", exception.Message, StringComparison.Ordinal);
        Assert.Null(await host.Store.FindAsync(tooLong.AccountId));
    }

    [Fact]
    public async Task A_context_without_the_table_is_told_to_call_UseAirwallexOAuth()
    {
        await using var host = StoreHost.Create(_keys, builder =>
        {
            builder.Services.AddDbContext<ContextWithoutTable>(options => options.UseSqlite("Data Source=:memory:"));
            builder.AddEntityFrameworkStore<ContextWithoutTable>();
        });

        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.Store.FindAsync("acct_1").AsTask());

        Assert.Contains("ContextWithoutTable", exception.Message, StringComparison.Ordinal);
        Assert.Contains("UseAirwallexOAuth", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collation_that_ignores_case_mixes_up_no_accounts()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite, migrate: false);
        await using var host = CreateHost<ContextIgnoringCase>(database);
        var stored = await host.Store.SaveAsync(TestConnections.Create("acct_A"));

        Assert.Null(await host.Store.FindAsync("acct_a"));
        var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(() => host.Store.TrySaveAsync(TestConnections.Create("acct_a")).AsTask());
        await host.Store.DeleteAsync("acct_a");

        Assert.Contains("acct_a cannot be stored beside account acct_A", exception.Message, StringComparison.Ordinal);
        Assert.Equal(stored.Tokens.RefreshToken, (await host.Store.FindAsync("acct_A"))!.Tokens.RefreshToken);
    }

    [Fact]
    public async Task A_query_filter_of_the_application_hides_no_connection()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite, migrate: false);
        await using var host = CreateHost<ContextWithFilter>(database);

        var saved = await host.Store.SaveAsync(await host.Store.SaveAsync(TestConnections.Create()));

        Assert.Equal(2, (await host.Store.FindAsync(saved.AccountId))!.Version);
        Assert.Single(await host.Store.ListAllAsync());
        await host.Store.DeleteAsync(saved.AccountId);
        Assert.Null(await host.Store.FindAsync(saved.AccountId));
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task The_applications_naming_convention_names_the_columns(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine, migrate: false);
        await using var host = CreateHost<ContextInSnakeCase>(database, options => options.UseSnakeCaseNamingConvention());

        var saved = await host.Store.SaveAsync(await host.Store.SaveAsync(TestConnections.Create()));

        var table = engine == Engine.Sqlite ? "connections" : "airwallex.connections";
        Assert.Equal([saved.AccountId, "2"], await database.QueryAsync($"SELECT account_id, version FROM {table}"));
        Assert.Single(await host.Store.ListAllAsync(new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = saved.RenewAt }));
    }

    [Fact]
    public async Task A_failure_of_the_database_is_thrown_and_never_a_lost_swap()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite, migrate: false); // No tables.
        await using var host = StoreHost.Create(database, _keys);

        await Assert.ThrowsAnyAsync<Exception>(() => host.Store.TrySaveAsync(TestConnections.Create()).AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => host.Store.TrySaveAsync(TestConnections.Create() with { Version = 1 }).AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => host.Store.FindAsync("acct_1").AsTask());
    }

    private StoreHost CreateHost<TContext>(TestDatabase database, Action<DbContextOptionsBuilder>? configure = null)
        where TContext : DbContext
    {
        var host = StoreHost.Create(_keys, builder =>
        {
            builder.Services.AddDbContext<TContext>(options =>
            {
                database.Use(options);
                configure?.Invoke(options);
            });
            builder.AddEntityFrameworkStore<TContext>();
        });
        using var scope = host.Services.CreateScope();
        scope.ServiceProvider.GetRequiredService<TContext>().Database.EnsureCreated();
        return host;
    }

    private sealed class ContextWithoutTable(DbContextOptions<ContextWithoutTable> options) : DbContext(options);

    private sealed class ContextIgnoringCase(DbContextOptions<ContextIgnoringCase> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.UseAirwallexOAuth().Entity<AirwallexConnectionEntity>().Property(row => row.AccountId).UseCollation("NOCASE");
    }

    private sealed class ContextInSnakeCase(DbContextOptions<ContextInSnakeCase> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.UseAirwallexOAuth().Entity<AirwallexConnectionEntity>().ToTable("connections", "airwallex");
    }

    private sealed class ContextWithFilter(DbContextOptions<ContextWithFilter> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) =>
            modelBuilder.UseAirwallexOAuth().Entity<AirwallexConnectionEntity>().HasQueryFilter(row => row.AccountId == "none");
    }
}
