using System.Diagnostics;
using System.Transactions;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// How the store uses the application's context and database; what it stores is under <see cref="ConformanceTests"/>.
/// </summary>
public sealed class StoreTests
{
    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task Every_call_is_one_statement(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var recorder = new CommandRecorder();
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(
            database, options => options.AddInterceptors(recorder));
        var first = StoreChecks.NewConnection();
        recorder.Clear();

        await host.Store.TrySaveAsync(first, null);
        await host.Store.TrySaveAsync(first.Next(), first.Version);
        await host.Store.FindAsync(first.Key());
        await host.Store.ListAsync(new ConnectionQuery { RenewalDueAt = StoreChecks.Noon });
        await host.Store.SummarizeAsync(StoreChecks.Noon);
        await host.Store.TryDeleteAsync(first.Key(), (await host.Store.FindAsync(first.Key()))!.Version);

        string[] verbs = ["INSERT", "UPDATE", "SELECT", "SELECT", "SELECT", "SELECT", "DELETE"];
        Assert.Equal(verbs, recorder.Commands.Select(command => command[..6]));
        Assert.Matches(
            "WHERE .*AccountId.* AND .*ClientId.* AND .*Version", recorder.Commands[1].ReplaceLineEndings(" "));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_write_that_took_effect_and_failed_is_won(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var breaking = new BreakingConnection();
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(
            database, options => options.AddInterceptors(breaking));
        var first = StoreChecks.NewConnection();
        var second = first.Next();

        breaking.BreakAfterNextWrites(1);
        Assert.True(await host.Store.TrySaveAsync(first, null));
        breaking.BreakAfterNextWrites(1);
        Assert.True(await host.Store.TrySaveAsync(second, first.Version));

        Assert.Equal(second, await host.Store.FindAsync(first.Key()));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_write_that_fails_before_it_takes_effect_is_tried_again_and_then_thrown(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        var breaking = new BreakingConnection();
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(
            database, options => options.AddInterceptors(breaking));
        var first = StoreChecks.NewConnection();

        breaking.BreakBeforeNextWrites(2);
        Assert.True(await host.Store.TrySaveAsync(first, null));
        breaking.BreakBeforeNextWrites(3);
        await Assert.ThrowsAnyAsync<Exception>(() => host.Store.TrySaveAsync(first.Next(), first.Version).AsTask());

        Assert.Equal(first, await host.Store.FindAsync(first.Key()));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task An_interceptor_that_keeps_rows_from_being_written_is_told(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        await using var swallowing = StoreHost.Create<SampleDbContext>(
            database, options => options.AddInterceptors(new SwallowingInterceptor()));
        await using var softDeleting = StoreHost.Create<SampleDbContext>(
            database, options => options.AddInterceptors(new SoftDeletingInterceptor()));
        var first = StoreChecks.NewConnection();
        await host.Store.TrySaveAsync(first, null);

        var swallowed = await Assert.ThrowsAsync<InvalidOperationException>(
            () => swallowing.Store.TrySaveAsync(first.Next(), first.Version).AsTask());
        var kept = await Assert.ThrowsAsync<InvalidOperationException>(
            () => softDeleting.Store.TryDeleteAsync(first.Key(), first.Version).AsTask());

        Assert.Contains(
            "SampleDbContext.SaveChanges kept a connection from being written",
            swallowed.Message,
            StringComparison.Ordinal);
        Assert.Equal(swallowed.Message, kept.Message);
    }

    [Theory]
    [OnServer]
    public async Task A_rolled_back_transaction_of_the_caller_takes_no_write_with_it(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        var connections = host.Services.GetRequiredService<AirwallexConnections>();

        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            Assert.True(await connections.TryImportAsync("acct_1", "a-refresh-token"));
        }

        Assert.NotNull(await connections.FindAsync("acct_1"));
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_response_that_arrives_while_the_service_provider_is_disposed_is_saved(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var reader = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        Action<IServiceCollection>[] registrations =
        [
            services => services.AddDbContext<SampleDbContext>(database.Use),
            services => services.AddDbContextPool<SampleDbContext>(database.Use),
            services => services.AddDbContextFactory<SampleDbContext>(database.Use),
            services => services.AddPooledDbContextFactory<SampleDbContext>(database.Use),
        ];
        foreach (var (register, number) in registrations.Select((register, number) => (register, number)))
        {
            var time = new FakeTimeProvider(StoreChecks.Noon);
            await using var simulator = new AirwallexSimulator(timeProvider: time);
            var services = new ServiceCollection().UseAirwallexSimulator(simulator);
            services.AddDataProtection().UseEphemeralDataProtectionProvider();
            register(services);
            services.AddAirwallexOAuth(_ => { }).AddEntityFrameworkStore<SampleDbContext>();
            var provider = services.BuildServiceProvider(validateScopes: true);
            var connections = provider.GetRequiredService<AirwallexConnections>();
            await connections.ConnectAsync(simulator.ConnectAccount($"acct_{number}"));
            var key = new ConnectionKey { AccountId = $"acct_{number}", ClientId = simulator.DefaultClient.ClientId };
            var before = (await reader.Store.FindAsync(key))!;
            simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(5)));
            using var stop = new CancellationTokenSource();
            var refresh = connections.RefreshAsync($"acct_{number}", stop.Token);
            while (simulator.DelayedRequests == 0)
            {
                await Task.Yield();
            }

            // The program waits no longer, and ends.
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
            var disposal = provider.DisposeAsync();
            time.Advance(TimeSpan.FromSeconds(5));
            await disposal;

            var after = (await reader.Store.FindAsync(key))!;
            Assert.Null(after.RecoverAt);
            Assert.NotEqual(before.Tokens, after.Tokens);
        }
    }

    [Fact]
    public async Task A_context_that_asks_for_the_connections_itself_is_no_matter()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        await using var host = StoreHost.Create<AskingContext>(database);

        await host.RequireWorksAsync<AskingContext>();
    }

    [Fact]
    public async Task The_callers_trace_goes_on_in_the_context()
    {
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var recorder = new CommandRecorder();
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(
            database, options => options.AddInterceptors(recorder));
        using var activity = new Activity("refresh").Start();

        await host.Store.FindAsync(StoreChecks.NewConnection().Key());

        Assert.Same(activity, recorder.LastActivity);
    }

    [Fact]
    public async Task A_missing_table_is_said_once_with_the_remedy_and_backed_off()
    {
        var time = new FakeTimeProvider();
        await using var database = await TestDatabase.CreateAsync(Engine.Sqlite);
        var recorder = new CommandRecorder();
        await using var host = StoreHost.Create<SampleDbContext>(
            database, options => options.AddInterceptors(recorder), time);
        await host.StartAsync();

        for (var second = 0; second < 60; second++)
        {
            var exception = await Assert.ThrowsAsync<AirwallexOAuthException>(
                () => host.Store.ListAsync(new ConnectionQuery()).AsTask());
            Assert.Contains("add a migration", exception.Message, StringComparison.Ordinal);
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(3, recorder.Commands.Count);
        var said = host.Logs.All.Where(
            record => record.Category == "Airwallex.OAuth.ITokenStore" && record.Level == LogLevel.Error);
        Assert.Contains("add a migration", Assert.Single(said).Text, StringComparison.Ordinal);
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database.EnsureCreatedAsync();
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Empty(await host.Store.ListAsync(new ConnectionQuery()));
    }

    [Theory]
    [OnServer]
    public async Task A_missing_table_of_the_server_is_told_from_a_failing_server(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create<SampleDbContext>(database);
        var connection = StoreChecks.NewConnection();

        var onRead = await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => host.Store.FindAsync(connection.Key()).AsTask());
        var onWrite = await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => host.Store.TrySaveAsync(connection, null).AsTask());

        Assert.Contains("add a migration", onRead.Message, StringComparison.Ordinal);
        Assert.Equal(onRead.Message, onWrite.Message);
    }

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_lost_swap_logs_no_error(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        var first = StoreChecks.NewConnection();
        await host.Store.TrySaveAsync(first, null);
        await host.Store.TrySaveAsync(first.Next(), first.Version);

        Assert.False(await host.Store.TrySaveAsync(first.Next(), first.Version));

        Assert.DoesNotContain(host.Logs.All, record => record.Level >= LogLevel.Error);
    }

    private sealed class AskingContext(DbContextOptions<AskingContext> options, AirwallexConnections connections)
        : DbContext(options)
    {
        public AirwallexConnections Connections { get; } = connections;

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
    }

    private sealed class SwallowingInterceptor : SaveChangesInterceptor
    {
        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result,
            CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(InterceptionResult<int>.SuppressWithResult(1));
    }

    private sealed class SoftDeletingInterceptor : SaveChangesInterceptor
    {
        public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
            DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            foreach (
                var entry in eventData.Context!.ChangeTracker.Entries().Where(
                    entry => entry.State == EntityState.Deleted))
            {
                entry.State = EntityState.Unchanged;
            }

            return ValueTask.FromResult(result);
        }
    }
}
