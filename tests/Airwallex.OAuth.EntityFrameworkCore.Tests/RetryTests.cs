using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>A write that took effect although its connection broke, repeated by EnableRetryOnFailure, is not a lost swap.</summary>
public sealed class RetryTests : IDisposable
{
    private readonly KeyFolder _keys = new();
    private readonly BreakingConnection _breaking = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_creation_that_is_repeated_after_it_took_effect_is_won(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = CreateRetrying(database);
        _breaking.BreakAfterNextWrites(1);

        var saved = await host.Store.SaveAsync(TestConnections.Create());

        Assert.Equal(saved.Tokens.RefreshToken, (await host.Store.FindAsync(saved.AccountId))!.Tokens.RefreshToken);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task An_update_that_is_repeated_after_it_took_effect_is_won(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = CreateRetrying(database);
        var saved = await host.Store.SaveAsync(TestConnections.Create());
        _breaking.BreakAfterNextWrites(1);

        saved = await host.Store.SaveAsync(saved with { StatusReason = "changed" });

        Assert.Equal(2, saved.Version);
        Assert.Equal("changed", (await host.Store.FindAsync(saved.AccountId))!.StatusReason);
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_note_that_is_repeated_after_it_took_effect_is_won_and_another_note_is_not(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = CreateRetrying(database);
        var accountId = (await host.Store.SaveAsync(TestConnections.Create())).AccountId;
        var read = (await host.Store.FindAsync(accountId))!;
        var readByAnother = (await host.Store.FindAsync(accountId))!;
        _breaking.BreakAfterNextWrites(1);

        var noted = await host.Store.SaveAsync(read with { PendingRefresh = Note() });

        Assert.False(await host.Store.TrySaveAsync(readByAnother with { PendingRefresh = Note() }));
        Assert.Equal(noted.PendingRefresh!.AttemptId, (await host.Store.FindAsync(accountId))!.PendingRefresh!.AttemptId);

        static RefreshAttempt Note() => new()
        {
            AttemptId = Guid.NewGuid(),
            FirstSentAt = TestConnections.Noon,
            LeaseExpiresAt = TestConnections.Noon.AddSeconds(20),
        };
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task An_update_of_another_instance_is_still_a_lost_swap(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = CreateRetrying(database);
        var read = await host.Store.SaveAsync(TestConnections.Create());
        await host.Store.SaveAsync(read);

        Assert.False(await host.Store.TrySaveAsync(read));
        Assert.False(await host.Store.TrySaveAsync(read with { Version = 0 }));
    }

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task Without_a_retrying_strategy_a_broken_connection_is_thrown(Engine engine)
    {
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var host = StoreHost.Create(database, _keys, configure: options => options.AddInterceptors(_breaking));
        var saved = await host.Store.SaveAsync(TestConnections.Create());
        _breaking.BreakAfterNextWrites(1);

        await Assert.ThrowsAsync<ConnectionBrokenException>(() => host.Store.TrySaveAsync(saved).AsTask());
    }

    private StoreHost CreateRetrying(TestDatabase database) => StoreHost.Create(database, _keys, configure: options =>
    {
        database.Use(options, dependencies => new BreakingConnection.RetryingStrategy(dependencies));
        options.AddInterceptors(_breaking);
    });
}
