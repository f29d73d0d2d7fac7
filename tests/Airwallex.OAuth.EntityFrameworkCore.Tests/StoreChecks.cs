using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>What must work in any application's context, in one go.</summary>
internal static class StoreChecks
{
    public static readonly DateTimeOffset Noon = new DateTimeOffset(2031, 5, 6, 12, 0, 0, TimeSpan.Zero)
        .AddMilliseconds(7);

    public static ConnectionKey Key(this StoredConnection connection) =>
        new() { AccountId = connection.AccountId, ClientId = connection.ClientId };

    public static StoredConnection NewConnection(string accountId = "acct_AcFEnD6CMgOvuFYLgFCw9A") => new()
    {
        AccountId = accountId,
        ClientId = "client",
        Version = NewVersion(),
        RenewAt = Noon.AddDays(60),
        State = """{"name":"größer 🏦 理由"}""",
        Tokens = NewVersion(),
    };

    public static string NewVersion() => Guid.NewGuid().ToString("N");

    public static StoredConnection Next(this StoredConnection connection) => connection with { Version = NewVersion() };

    /// <summary>Every call of a store, with texts of 64 KB.</summary>
    public static async Task RequireWorksAsync(ITokenStore store)
    {
        var first = NewConnection();
        var other = NewConnection("acct_other") with { Status = ConnectionStatus.Disconnected };
        Assert.True(await store.TrySaveAsync(first, null));
        Assert.True(await store.TrySaveAsync(other, null));
        Assert.False(await store.TrySaveAsync(first.Next(), null));

        var next = first.Next() with
        {
            Status = ConnectionStatus.ReauthorizationRequired,
            RenewAt = Noon,
            RecoverAt = Noon.AddMilliseconds(1),
            State = new string('é', 32_000),
            Tokens = new string('t', 65_536),
        };
        Assert.True(await store.TrySaveAsync(next, first.Version));
        Assert.False(await store.TrySaveAsync(first.Next(), first.Version));
        Assert.Equal(next, await store.FindAsync(first.Key()));
        Assert.Equal(other, await store.FindAsync(other.Key()));

        Assert.Equal(
            [next],
            await store.ListAsync(
                new ConnectionQuery { RecoveryDueAt = Noon.AddMilliseconds(1), ClientId = "client" }));
        Assert.Empty(await store.ListAsync(new ConnectionQuery { RecoveryDueAt = Noon }));
        Assert.Equal([next, other], await store.ListAsync(new ConnectionQuery { RenewalDueAt = Noon.AddDays(60) }));
        Assert.Equal(
            [other], await store.ListAsync(new ConnectionQuery { RenewalDueAt = Noon.AddDays(60), After = next }));
        Assert.Equal(2, (await store.ListAsync(new ConnectionQuery())).Count);
        var summary = Assert.Single(await store.SummarizeAsync(Noon));
        Assert.Equal((0, 1, 1), (summary.Active, summary.ReauthorizationRequired, summary.Disconnected));

        Assert.False(await store.TryDeleteAsync(next.Key(), first.Version));
        Assert.True(await store.TryDeleteAsync(next.Key(), next.Version));
        Assert.Null(await store.FindAsync(next.Key()));
    }

    /// <summary>The whole of it in an application's context, at and after the start of the host.</summary>
    public static async Task RequireWorksAsync<TContext>(this StoreHost host)
        where TContext : DbContext
    {
        await using (var scope = host.Services.CreateAsyncScope())
        {
            await using var context = scope.ServiceProvider.GetService<IDbContextFactory<TContext>>()?.CreateDbContext()
                ?? scope.ServiceProvider.GetRequiredService<TContext>();
            await context.Database.EnsureCreatedAsync();
        }

        await host.StartAsync();
        await RequireWorksAsync(host.Store);
    }
}
