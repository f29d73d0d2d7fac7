using System.Collections.Concurrent;

namespace Airwallex.OAuth.Testing.Tests.Conformance;

/// <summary>The store in memory keeps every rule, and stores with one flaw each break the rule about it.</summary>
public sealed class TokenStoreConformanceTests
{
    public static TheoryData<string> Rules => [.. TokenStoreConformance.RuleNames];

    public static TheoryData<string> FlawNames => [.. Flaws.All.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public Task In_memory_store_keeps_the_rule(string rule) =>
        new Suite(() => new InMemoryTokenStore()).RunAsync(rule);

    [Fact]
    public Task In_memory_store_keeps_all_rules() => new Suite(() => new InMemoryTokenStore()).RunAllAsync();

    [Theory]
    [MemberData(nameof(FlawNames))]
    public async Task A_store_with_a_flaw_breaks_the_rule_about_it(string flaw)
    {
        var (rule, create) = Flaws.All[flaw];

        var exception = await Assert.ThrowsAsync<ConformanceException>(() => new Suite(create).RunAsync(rule));

        Assert.Equal(rule, exception.Rule);
        Assert.Contains(rule, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("did not end", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_flawed_store_that_breaks_it() =>
        Assert.Empty(TokenStoreConformance.RuleNames.Except(Flaws.All.Values.Select(flaw => flaw.Rule)));

    [Fact]
    public async Task All_broken_rules_are_reported_at_once()
    {
        var suite = new Suite(() => new FlawedStore
        {
            Save = (inner, connection, expected) => inner.TrySaveAsync(
                connection with { RecoverAt = null, Version = connection.Version + "!" }, expected),
        });

        var exception = await Assert.ThrowsAsync<AggregateException>(suite.RunAllAsync);

        var broken = exception.InnerExceptions.Cast<ConformanceException>().Select(inner => inner.Rule).ToList();
        Assert.Contains(nameof(TokenStoreConformance.EverySaveStoresTheVersionGiven), broken);
        Assert.Contains(nameof(TokenStoreConformance.EveryFieldComesBack), broken);
        Assert.DoesNotContain(nameof(TokenStoreConformance.UnknownConnectionIsNotFound), broken);
    }

    [Fact]
    public async Task A_cache_inside_one_instance_is_found_by_the_second()
    {
        var shared = new InMemoryTokenStore();
        var suite = new Suite(() => new CachingStore(shared).Store, _ => new CachingStore(shared).Store);

        var exception = await Assert.ThrowsAsync<ConformanceException>(suite.DeletedConnectionIsGone);

        Assert.Equal(nameof(TokenStoreConformance.DeletedConnectionIsGone), exception.Rule);
    }

    [Fact]
    public async Task A_store_that_waits_for_itself_breaks_the_rule_instead_of_hanging()
    {
        var never = new TaskCompletionSource<StoredConnection?>();
        var suite = new Suite(() => new FlawedStore { Find = (_, _) => new(never.Task) })
        {
            Limit = TimeSpan.FromMilliseconds(20),
        };

        var exception = await Assert.ThrowsAsync<ConformanceException>(suite.UnknownConnectionIsNotFound);

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task A_timeout_of_the_store_is_reported_as_what_the_store_threw()
    {
        var suite = new Suite(() => new FlawedStore { Find = (_, _) => throw new TimeoutException("Pool exhausted.") });

        var exception = await Assert.ThrowsAsync<ConformanceException>(suite.UnknownConnectionIsNotFound);

        Assert.Contains("threw TimeoutException: Pool exhausted.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rule_that_does_not_exist_is_refused() => await Assert.ThrowsAsync<ArgumentException>(
        () => new Suite(() => new InMemoryTokenStore()).RunAsync("NoSuchRule"));

    private sealed class Suite(Func<ITokenStore> create, Func<ITokenStore, ITokenStore>? second = null)
        : TokenStoreConformance
    {
        public TimeSpan? Limit { get; init; }

        protected override TimeSpan TimeLimit => Limit ?? base.TimeLimit;

        protected override ValueTask<ITokenStore> CreateStoreAsync() => ValueTask.FromResult(create());

        protected override ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) =>
            second is null ? base.CreateSecondInstanceAsync(first) : ValueTask.FromResult(second(first));
    }

    /// <summary>Reads a connection once, and believes from then on that nobody else writes it.</summary>
    private sealed class CachingStore
    {
        private readonly ConcurrentDictionary<ConnectionKey, StoredConnection?> _read = new();

        public CachingStore(ITokenStore shared) => Store = new FlawedStore
        {
            Find = async (_, key) => _read.GetOrAdd(key, await shared.FindAsync(key)),
            Save = (_, connection, expected) => shared.TrySaveAsync(connection, expected),
            Delete = (_, key, expected) => shared.TryDeleteAsync(key, expected),
        };

        public ITokenStore Store { get; }
    }
}
