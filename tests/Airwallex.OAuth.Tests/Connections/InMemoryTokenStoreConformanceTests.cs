using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>The store in memory keeps every rule; and the suite is worth something: stores with one flaw each are found out.</summary>
public sealed class InMemoryTokenStoreConformanceTests
{
    public static TheoryData<string> Rules => [.. TokenStoreConformance.RuleNames];

    public static TheoryData<string> Flaws => [.. FlawedStores.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public Task In_memory_store_keeps_the_rule(string rule) => new Conformance(() => new InMemoryTokenStore()).RunAsync(rule);

    [Theory]
    [MemberData(nameof(Flaws))]
    public async Task A_store_with_a_flaw_breaks_the_rule_about_it(string flaw)
    {
        var (rule, create) = FlawedStores[flaw];

        var exception = await Assert.ThrowsAsync<ConformanceException>(() => new Conformance(create).RunAsync(rule));

        Assert.Equal(rule, exception.Rule);
        Assert.Contains(rule, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_flawed_store_that_breaks_it() =>
        Assert.Empty(TokenStoreConformance.RuleNames.Except(FlawedStores.Values.Select(flawed => flawed.Rule)));

    [Fact]
    public async Task All_broken_rules_are_told_at_once()
    {
        var conformance = new Conformance(() => new FlawedStore { Find = async (inner, id) => await inner.FindAsync(id) is { } found ? found with { StatusReason = null, Version = 7 } : null });

        var exception = await Assert.ThrowsAsync<AggregateException>(conformance.RunAllAsync);

        var broken = exception.InnerExceptions.Cast<ConformanceException>().Select(inner => inner.Rule).ToList();
        Assert.Contains(nameof(TokenStoreConformance.EverySaveAddsOneToTheVersion), broken);
        Assert.Contains(nameof(TokenStoreConformance.EveryFieldComesBack), broken);
        Assert.DoesNotContain(nameof(TokenStoreConformance.FiltersListWhatMatches), broken);
    }

    [Fact]
    public async Task A_cache_inside_one_instance_is_found_out_by_the_second()
    {
        var shared = new InMemoryTokenStore();

        var exception = await Assert.ThrowsAsync<ConformanceException>(
            new Conformance(() => new CachingStore(shared), _ => new CachingStore(shared)).DeletedAccountIsGone);

        Assert.Equal(nameof(TokenStoreConformance.DeletedAccountIsGone), exception.Rule);
    }

    [Fact]
    public async Task A_store_that_waits_for_itself_breaks_the_rule_instead_of_hanging()
    {
        var never = new TaskCompletionSource<AirwallexConnection?>();
        var conformance = new Conformance(() => new FlawedStore { Find = (_, _) => new(never.Task) }) { Limit = TimeSpan.FromMilliseconds(20) };

        var exception = await Assert.ThrowsAsync<ConformanceException>(conformance.UnknownAccountIsNotFound);

        Assert.IsType<TimeoutException>(exception.InnerException);
    }

    [Fact]
    public async Task A_rule_that_does_not_exist_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => new Conformance(() => new InMemoryTokenStore()).RunAsync("NoSuchRule"));

    private static readonly Dictionary<string, (string Rule, Func<ITokenStore> Create)> FlawedStores = new()
    {
        ["unknown account throws"] = (nameof(TokenStoreConformance.UnknownAccountIsNotFound), () => new FlawedStore
        {
            Find = async (inner, id) => await inner.FindAsync(id) ?? throw new KeyNotFoundException(),
        }),
        ["version grows by two"] = (nameof(TokenStoreConformance.EverySaveAddsOneToTheVersion), () => new FlawedStore
        {
            Find = async (inner, id) => await inner.FindAsync(id) is { } found ? found with { Version = found.Version * 2 } : null,
        }),
        ["a field set to null keeps its old value"] = (nameof(TokenStoreConformance.SaveReplacesTheWholeConnection), () => new FlawedStore
        {
            Save = async (inner, connection) => await inner.TrySaveAsync(connection with { PendingRefresh = connection.PendingRefresh ?? (await inner.FindAsync(connection.AccountId))?.PendingRefresh }),
        }),
        ["any version overwrites"] = (nameof(TokenStoreConformance.WrongVersionWritesNothing), () => new FlawedStore { Save = OverwriteAsync }),
        ["a newer version overwrites"] = (nameof(TokenStoreConformance.WrongVersionWritesNothing), () => new FlawedStore
        {
            Save = async (inner, connection) => (await inner.FindAsync(connection.AccountId))?.Version < connection.Version
                ? await OverwriteAsync(inner, connection)
                : await inner.TrySaveAsync(connection),
        }),
        ["an update creates"] = (nameof(TokenStoreConformance.UpdateOfAnUnknownAccountWritesNothing), () => new FlawedStore { Save = OverwriteIfAbsentAsync }),
        ["creators check, then write"] = (nameof(TokenStoreConformance.OneOfManyCreatorsWins), () => new FlawedStore { Save = CheckThenWriteAsync }),
        ["writers check, then write"] = (nameof(TokenStoreConformance.OneOfManyWritersWinsEachVersion), () => new FlawedStore { Save = CheckThenWriteAsync }),
        ["a lost swap is reported as won"] = (nameof(TokenStoreConformance.NoUpdateIsLost), () => new FlawedStore
        {
            Save = async (inner, connection) => await inner.TrySaveAsync(connection) || true,
        }),
        ["unknown account cannot be deleted"] = (nameof(TokenStoreConformance.DeletingAnUnknownAccountDoesNothing), () => new FlawedStore
        {
            Delete = async (inner, id) => await inner.DeleteAsync(await inner.FindAsync(id) is null ? throw new KeyNotFoundException() : id),
        }),
        ["nothing is deleted"] = (nameof(TokenStoreConformance.DeletedAccountIsGone), () => new FlawedStore { Delete = (_, _) => default }),
        ["an update brings back what was deleted"] = (nameof(TokenStoreConformance.DeletionDuringAnUpdateWins), () => new FlawedStore { Save = OverwriteIfAbsentAsync }),
        ["an update in flight brings back what was deleted"] = (nameof(TokenStoreConformance.DeletionAmongManyUpdatesLeavesNothing), () => new FlawedStore { Save = CheckThenWriteAsync }),
        ["a deleted account stays reserved"] = (nameof(TokenStoreConformance.DeletedAccountCanBeCreatedAgain), () =>
        {
            var deleted = new ConcurrentDictionary<string, bool>();
            return new FlawedStore
            {
                Delete = (inner, id) => deleted.TryAdd(id, true) ? inner.DeleteAsync(id) : default,
                Save = async (inner, connection) => !deleted.ContainsKey(connection.AccountId) && await inner.TrySaveAsync(connection),
            };
        }
        ),
        ["the answered status is dropped"] = Keeps(nameof(TokenStoreConformance.EveryFieldComesBack), c => c with { PendingRefresh = c.PendingRefresh is { } p ? p with { AnsweredStatus = null } : null }),
        ["the reason is dropped"] = Keeps(nameof(TokenStoreConformance.EveryFieldComesBack), c => c with { StatusReason = null }),
        ["the scopes are dropped"] = Keeps(nameof(TokenStoreConformance.EveryFieldComesBack), c => c with { Tokens = c.Tokens with { Scopes = [] } }),
        ["no scopes become one empty one"] = Keeps(nameof(TokenStoreConformance.EveryFieldComesBack), c => c with { Tokens = c.Tokens with { Scopes = string.Join(' ', c.Tokens.Scopes).Split(' ') } }),
        ["the moment of renewal is computed anew"] = Keeps(nameof(TokenStoreConformance.EveryFieldComesBack), c => c with { RenewAt = c.Tokens.IssuedAt.AddDays(70) }),
        ["disconnected is kept as active"] = Keeps(nameof(TokenStoreConformance.EveryStatusComesBack), c => c with { Status = c.Status == ConnectionStatus.Disconnected ? ConnectionStatus.Active : c.Status }),
        ["instants are kept to the millisecond"] = Keeps(nameof(TokenStoreConformance.InstantsComeBackToTheMicrosecond), c => c with { ConnectedAt = c.ConnectedAt.AddTicks(-(c.ConnectedAt.Ticks % TimeSpan.TicksPerMillisecond)) }),
        ["offsets are dropped"] = Keeps(nameof(TokenStoreConformance.InstantsComeBackToTheMicrosecond), c => c with { RenewAt = new DateTimeOffset(c.RenewAt.DateTime, TimeSpan.Zero) }),
        ["tokens are cut at 4,000 characters"] = Keeps(nameof(TokenStoreConformance.LargeValuesComeBack), c => c with { Tokens = c.Tokens with { AccessToken = c.Tokens.AccessToken[..Math.Min(4_000, c.Tokens.AccessToken.Length)] } }),
        ["scopes are joined by commas"] = Keeps(nameof(TokenStoreConformance.OddValuesComeBack), c => c with { Tokens = c.Tokens with { Scopes = string.Join(',', c.Tokens.Scopes).Split(',') } }),
        ["texts are kept as Latin-1"] = Keeps(nameof(TokenStoreConformance.OddValuesComeBack), c => c with { StatusReason = c.StatusReason is { } r ? Encoding.Latin1.GetString(Encoding.Latin1.GetBytes(r)) : null }),
        ["accounts are compared without case"] = Ids(id => id.ToUpperInvariant()),
        ["accounts are normalized"] = Ids(id => id.Replace("e\u0301", "é", StringComparison.Ordinal)),
        ["accounts are trimmed"] = Ids(id => id.Trim()),
        ["cancellation is ignored"] = (nameof(TokenStoreConformance.CancelledCallsWriteNothing), () => new FlawedStore { IgnoresCancellation = true }),
        ["cancellation ends no listing"] = (nameof(TokenStoreConformance.CancellationEndsAListing), () => new FlawedStore { IgnoresCancellation = true }),
        ["due at the instant is not due"] = Lists(nameof(TokenStoreConformance.FiltersListWhatMatches), (filter, c) => filter.Matches(c) && (filter.RenewalDueAt is null || c.RenewAt < filter.RenewalDueAt)),
        ["conditions apply one by one"] = Lists(nameof(TokenStoreConformance.FiltersListWhatMatches), (filter, c) => filter with { Status = null } is var rest && (rest.Matches(c) || c.Status == filter.Status)),
        ["no lease counts as expired"] = Lists(nameof(TokenStoreConformance.FiltersListWhatMatches), (filter, c) => filter.Matches(c) || (filter.LeaseExpiredAt is not null && c.PendingRefresh is null)),
        ["only the first page is listed"] = Listing(nameof(TokenStoreConformance.ManyConnectionsAreListedOnceEach), listed => listed.Take(1_000)),
        ["pages overlap"] = Listing(nameof(TokenStoreConformance.ManyConnectionsAreListedOnceEach), listed => listed.Take(500).Concat(listed.Skip(499))),
        ["listed connections have no note"] = Listing(nameof(TokenStoreConformance.ListedConnectionsAreWhole), listed => listed.Select(c => c with { PendingRefresh = null })),
        ["pages are counted off"] = (nameof(TokenStoreConformance.ConnectionsMayChangeWhileListed), () => new FlawedStore { List = PagesByOffset }),
    };

    private static (string, Func<ITokenStore>) Keeps(string rule, Func<AirwallexConnection, AirwallexConnection> kept) =>
        (rule, () => new FlawedStore { Save = (inner, connection) => inner.TrySaveAsync(kept(connection)) });

    private static (string, Func<ITokenStore>) Ids(Func<string, string> key) => (nameof(TokenStoreConformance.AccountIdsAreComparedByOrdinal), () => new FlawedStore
    {
        Find = (inner, id) => inner.FindAsync(key(id)),
        Save = (inner, connection) => inner.TrySaveAsync(connection with { AccountId = key(connection.AccountId) }),
        Delete = (inner, id) => inner.DeleteAsync(key(id)),
    });

    private static (string, Func<ITokenStore>) Lists(string rule, Func<ConnectionFilter, AirwallexConnection, bool> matches) =>
        (rule, () => new FlawedStore { List = (inner, filter) => inner.ListAsync(new ConnectionFilter()).Where(connection => matches(filter, connection)) });

    private static (string, Func<ITokenStore>) Listing(string rule, Func<List<AirwallexConnection>, IEnumerable<AirwallexConnection>> change) =>
        (rule, () => new FlawedStore { List = (inner, filter) => ChangedAsync(inner, filter, change) });

    private static async IAsyncEnumerable<AirwallexConnection> ChangedAsync(
        ITokenStore inner, ConnectionFilter filter, Func<List<AirwallexConnection>, IEnumerable<AirwallexConnection>> change)
    {
        foreach (var connection in change(await inner.ListAsync(filter).ToListAsync()))
        {
            yield return connection;
        }
    }

    // What LIMIT and OFFSET do: a deletion on an earlier page makes the next one skip, an insertion makes it repeat.
    private static async IAsyncEnumerable<AirwallexConnection> PagesByOffset(ITokenStore inner, ConnectionFilter filter)
    {
        for (var offset = 0; ; offset += 10)
        {
            var page = await inner.ListAsync(filter).OrderBy(connection => connection.RenewAt).Skip(offset).Take(10).ToListAsync();
            foreach (var connection in page)
            {
                yield return connection;
            }

            if (page.Count == 0)
            {
                yield break;
            }
        }
    }

    private static async ValueTask<bool> OverwriteAsync(ITokenStore inner, AirwallexConnection connection)
    {
        var version = (await inner.FindAsync(connection.AccountId))?.Version ?? 0;
        return await inner.TrySaveAsync(connection with { Version = version });
    }

    private static async ValueTask<bool> OverwriteIfAbsentAsync(ITokenStore inner, AirwallexConnection connection) =>
        await inner.TrySaveAsync(await inner.FindAsync(connection.AccountId) is null ? connection with { Version = 0 } : connection);

    private static async ValueTask<bool> CheckThenWriteAsync(ITokenStore inner, AirwallexConnection connection)
    {
        var version = (await inner.FindAsync(connection.AccountId))?.Version ?? 0;
        await Task.Yield();
        return version == connection.Version && await OverwriteAsync(inner, connection);
    }

    private sealed class Conformance(Func<ITokenStore> create, Func<ITokenStore, ITokenStore>? second = null) : TokenStoreConformance
    {
        public TimeSpan? Limit { get; init; }

        protected override TimeSpan TimeLimit => Limit ?? base.TimeLimit;

        protected override ValueTask<ITokenStore> CreateStoreAsync() => ValueTask.FromResult(create());

        protected override ValueTask<ITokenStore> CreateSecondInstanceAsync(ITokenStore first) =>
            second is null ? base.CreateSecondInstanceAsync(first) : ValueTask.FromResult(second(first));
    }

    /// <summary>The store in memory with one method replaced.</summary>
    private sealed class FlawedStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new();

        public Func<ITokenStore, string, ValueTask<AirwallexConnection?>> Find { get; init; } = (inner, id) => inner.FindAsync(id);

        public Func<ITokenStore, AirwallexConnection, ValueTask<bool>> Save { get; init; } = (inner, connection) => inner.TrySaveAsync(connection);

        public Func<ITokenStore, string, ValueTask> Delete { get; init; } = (inner, id) => inner.DeleteAsync(id);

        public Func<ITokenStore, ConnectionFilter, IAsyncEnumerable<AirwallexConnection>> List { get; init; } = (inner, filter) => inner.ListAsync(filter);

        public bool IgnoresCancellation { get; init; }

        public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
        {
            Observe(cancellationToken);
            return Find(_inner, accountId);
        }

        public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
        {
            Observe(cancellationToken);
            return Save(_inner, connection);
        }

        public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default)
        {
            Observe(cancellationToken);
            return Delete(_inner, accountId);
        }

        public async IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await foreach (var connection in List(_inner, filter).WithCancellation(CancellationToken.None))
            {
                Observe(cancellationToken);
                yield return connection;
            }
        }

        private void Observe(CancellationToken cancellationToken)
        {
            if (!IgnoresCancellation)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Reads an account once, and believes from then on that nobody else writes it.</summary>
    private sealed class CachingStore(ITokenStore inner) : ITokenStore
    {
        private readonly ConcurrentDictionary<string, AirwallexConnection?> _read = new();

        public async ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default) =>
            _read.GetOrAdd(accountId, await inner.FindAsync(accountId, cancellationToken));

        public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default) => inner.TrySaveAsync(connection, cancellationToken);

        public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default) => inner.DeleteAsync(accountId, cancellationToken);

        public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter filter, CancellationToken cancellationToken = default) => inner.ListAsync(filter, cancellationToken);
    }
}
