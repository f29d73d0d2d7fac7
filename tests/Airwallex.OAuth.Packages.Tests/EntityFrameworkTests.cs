namespace Airwallex.OAuth.Packages.Tests;

/// <summary>The packed store on each version of Entity Framework Core, in a program of its own.</summary>
public sealed class EntityFrameworkTests(LocalFeed feed) : IClassFixture<LocalFeed>
{
    private const string Program =
        """
        using System.Runtime.Versioning;
        using Airwallex.OAuth;
        using Airwallex.OAuth.EntityFrameworkCore;
        using Microsoft.EntityFrameworkCore;
        using Microsoft.Extensions.DependencyInjection;

        var services = new ServiceCollection();
        services.AddDbContext<AppDbContext>(options => options.UseSqlite("Data Source=app.db"));
        services.AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("id", "secret"))
            .AddEntityFrameworkStore<AppDbContext>();
        await using var provider = services.BuildServiceProvider();
        await using (var scope = provider.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<AppDbContext>().Database.EnsureCreatedAsync();
        }

        var store = provider.GetRequiredService<ITokenStore>();
        var key = new ConnectionKey { AccountId = "acct_1", ClientId = "id" };
        var first = new StoredConnection
        {
            AccountId = key.AccountId,
            ClientId = key.ClientId,
            Version = "1",
            RenewAt = DateTimeOffset.UnixEpoch,
            State = "{}",
            Tokens = "tokens",
        };
        var second = first with { Version = "2", RecoverAt = DateTimeOffset.UnixEpoch };
        bool[] results =
        [
            await store.TrySaveAsync(first, null),
            await store.TrySaveAsync(second, "1"),
            !await store.TrySaveAsync(second with { Version = "3" }, "1"),
            await store.FindAsync(key) == second,
            (await store.ListAsync(new() { RecoveryDueAt = DateTimeOffset.UtcNow })).Single() == second,
            (await store.SummarizeAsync(DateTimeOffset.UtcNow)).Single().RefreshPending == 1,
            await store.TryDeleteAsync(key, "2"),
        ];
        var framework = typeof(AirwallexConnectionEntity).Assembly
            .GetCustomAttributes(typeof(TargetFrameworkAttribute), false).OfType<TargetFrameworkAttribute>().Single();
        Console.WriteLine($"{string.Join(' ', results)} {framework.FrameworkName} "
            + $"EF {typeof(DbContext).Assembly.GetName().Version!.Major}");

        public sealed class AppDbContext(DbContextOptions<AppDbContext> options) : DbContext(options)
        {
            protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.UseAirwallexOAuth();
        }
        """;

    [Theory]
    [InlineData("net8.0", "8.0.34", "v8.0 EF 8")]
    [InlineData("net8.0", "9.0.23", "v8.0 EF 9")]
    [InlineData("net10.0", "10.0.15", "v10.0 EF 10")]
    public async Task The_store_works_on_the_version(string framework, string version, string expected)
    {
        var program = new PackedProgram(
            feed,
            framework,
            [
                $"Airwallex.OAuth.EntityFrameworkCore {feed.Version}",
                $"Microsoft.EntityFrameworkCore.Sqlite {version}",
            ],
            Program);

        await program.BuildAsync();

        var all = string.Join(' ', Enumerable.Repeat(true, 7));
        Assert.Contains($"{all} .NETCoreApp,Version={expected}", await program.RunAsync(), StringComparison.Ordinal);
    }
}
