using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Airwallex.OAuth.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>
/// The store keeps every rule of <see cref="TokenStoreConformance"/>: two instances of it on one database, on a file
/// and on a server.
/// </summary>
public sealed class ConformanceTests(ConformanceTests.Instances instances) : IClassFixture<ConformanceTests.Instances>
{
    public static TheoryData<string> Rules => [.. TokenStoreConformance.RuleNames];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Store_on_a_file_keeps_the_rule(string rule) =>
        await (await instances.OnAsync("a file", () => TestDatabase.CreateAsync(Engine.Sqlite))).RunAsync(rule);

    [ServerTheory]
    [MemberData(nameof(Rules))]
    public async Task Store_on_the_server_keeps_the_rule(string rule) =>
        await (await instances.OnAsync("the server", () => TestDatabase.CreateAsync(Engine.Server))).RunAsync(rule);

    /// <summary>Two instances on one database each, for all rules.</summary>
    public sealed class Instances : IAsyncLifetime
    {
        private readonly Dictionary<string, (TestDatabase Database, StoreHost First, StoreHost Second)> _instances = [];

        public async Task<TokenStoreConformance> OnAsync(string name, Func<Task<TestDatabase>> create)
        {
            if (!_instances.TryGetValue(name, out var instances))
            {
                var database = await create();
                instances = (
                    database,
                    await StoreHost.CreateWithTablesAsync<SampleDbContext>(database),
                    StoreHost.Create<SampleDbContext>(
                        services => services.AddPooledDbContextFactory<SampleDbContext>(database.Use)));
                _instances[name] = instances;
            }

            return new Conformance(instances.First.Store, instances.Second.Store);
        }

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync()
        {
            foreach (var (database, first, second) in _instances.Values)
            {
                await first.DisposeAsync();
                await second.DisposeAsync();
                await database.DisposeAsync();
            }
        }
    }

    private sealed class Conformance(ITokenStore first, ITokenStore second) : TokenStoreConformance
    {
        protected override ValueTask<ITokenStore> CreateStoreAsync() => ValueTask.FromResult(first);

        protected override ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) =>
            ValueTask.FromResult(second);
    }
}
