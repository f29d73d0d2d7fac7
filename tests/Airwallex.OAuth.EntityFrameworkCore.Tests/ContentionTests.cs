using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// Callers whose transactions the engine rolls back in favor of others. Nobody writes another's connection, so that
/// every call succeeds.
/// </summary>
public sealed class ContentionTests
{
    private const int Callers = 60;

    private const string RoundsVariable = "AIRWALLEX_TEST_CONTENTION_ROUNDS";

    // A collision is rare: set the variable to 200 to see a store that does not retry fail.
    private static readonly int Rounds =
        int.TryParse(Environment.GetEnvironmentVariable(RoundsVariable), out var rounds) ? rounds : 5;

    [ServerTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sixty_callers_at_serializable_meet_no_failure(bool isRetrying)
    {
        await using var database = await PostgresDatabase.CreateAsync("serializable", isRetrying);
        await using var one = await StoreHost.CreateWithTablesAsync<SampleDbContext>(database);
        await using var other = StoreHost.Create<SampleDbContext>(
            services => services.AddPooledDbContextFactory<SampleDbContext>(database.Use));

        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(
                () => CallAsync(caller % 2 == 0 ? one.Store : other.Store, $"acct_{round}_{caller}"))));
        }
    }

    private static async Task CallAsync(ITokenStore store, string accountId)
    {
        var first = StoreChecks.NewConnection(accountId);
        var next = first.Next() with { RenewAt = StoreChecks.Noon };

        Assert.True(await store.TrySaveAsync(first, null));
        Assert.True(await store.TrySaveAsync(next, first.Version));
        Assert.Equal(next, await store.FindAsync(next.Key()));
        Assert.NotEmpty(await store.ListAsync(new() { ClientId = "client", RenewalDueAt = StoreChecks.Noon }));
        Assert.NotEmpty(await store.SummarizeAsync(StoreChecks.Noon));
        Assert.True(await store.TryDeleteAsync(next.Key(), next.Version));
    }
}
