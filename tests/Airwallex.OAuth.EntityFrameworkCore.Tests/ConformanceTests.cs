using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>The store keeps every rule of <see cref="TokenStoreConformance"/>, two instances of it on one database, on a file and on a server.</summary>
public sealed class ConformanceTests(ConformanceTests.Instances instances) : IClassFixture<ConformanceTests.Instances>
{
    public static TheoryData<string> Rules => [.. TokenStoreConformance.RuleNames];

    [Theory]
    [MemberData(nameof(Rules))]
    public async Task Store_on_sqlite_keeps_the_rule(string rule) => await (await instances.OnAsync(Engine.Sqlite)).RunAsync(rule);

    [PostgresTheory]
    [MemberData(nameof(Rules))]
    public async Task Store_on_postgresql_keeps_the_rule(string rule) => await (await instances.OnAsync(Engine.Postgres)).RunAsync(rule);

    /// <summary>Two instances on one database of each engine, for all rules.</summary>
    public sealed class Instances : IAsyncLifetime, IDisposable
    {
        private readonly KeyFolder _keys = new();
        private readonly Dictionary<Engine, (TestDatabase Database, StoreHost First, StoreHost Second)> _instances = [];

        public async Task<TokenStoreConformance> OnAsync(Engine engine)
        {
            if (!_instances.TryGetValue(engine, out var instances))
            {
                var database = await TestDatabase.CreateAsync(engine);
                instances = (database, StoreHost.Create(database, _keys), StoreHost.Create(database, _keys, ContextFrom.Factory));
                _instances[engine] = instances;
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

        public void Dispose() => _keys.Dispose();
    }

    private sealed class Conformance(ITokenStore first, ITokenStore second) : TokenStoreConformance
    {
        protected override ValueTask<ITokenStore> CreateStoreAsync() => ValueTask.FromResult(first);

        protected override ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) => ValueTask.FromResult(second);
    }
}
