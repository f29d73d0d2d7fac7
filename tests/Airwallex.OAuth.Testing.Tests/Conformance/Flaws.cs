using System.Text;
using System.Text.Json;
using Rule = Airwallex.OAuth.Testing.TokenStoreConformance;

namespace Airwallex.OAuth.Testing.Tests.Conformance;

/// <summary>Stores with one flaw each, as they are met in practice, and the rule that finds the flaw.</summary>
internal static class Flaws
{
    public static readonly Dictionary<string, (string Rule, Func<ITokenStore> Create)> All = new()
    {
        ["an unknown connection throws"] = (nameof(Rule.UnknownConnectionIsNotFound), () => new FlawedStore
        {
            Find = async (inner, key) => await inner.FindAsync(key) ?? throw new KeyNotFoundException(),
        }),
        ["the store makes versions of its own"] = Keeps(
            nameof(Rule.EverySaveStoresTheVersionGiven), c => c with { Version = Guid.NewGuid().ToString() }),
        ["a version is cut at 40 characters"] = Keeps(
            nameof(Rule.EverySaveStoresTheVersionGiven), c =>
                c with { Version = c.Version[..Math.Min(40, c.Version.Length)] }),
        ["a field set to null keeps its old value"] =
            (nameof(Rule.SaveReplacesTheWholeConnection), () => new FlawedStore
            {
                Save = async (inner, c, expected) => await inner.TrySaveAsync(
                    c with { RecoverAt = c.RecoverAt ?? (await inner.FindAsync(KeyOf(c)))?.RecoverAt }, expected),
            }),
        ["any version overwrites"] = Saves(nameof(Rule.WrongVersionWritesNothing), OverwriteAsync),
        ["no version overwrites"] = Saves(nameof(Rule.WrongVersionWritesNothing), (inner, c, expected) =>
            expected is null ? OverwriteAsync(inner, c, expected) : inner.TrySaveAsync(c, expected)),
        ["versions are compared without case"] = Versions((one, other) =>
            string.Equals(one, other, StringComparison.OrdinalIgnoreCase)),
        ["an update creates"] = Saves(nameof(Rule.UpdateOfAnUnknownConnectionWritesNothing), UpsertAsync),
        ["a repeated save is refused by an exception"] = Saves(nameof(
            Rule.RepeatedSaveIsRecognizedByItsVersion), async (inner, c, expected) =>
            await inner.TrySaveAsync(c, expected)
                || (
                    (await inner.FindAsync(KeyOf(c)))?.Version == c.Version
                        ? throw new InvalidOperationException("Duplicate.")
                        : false)),

        ["an unknown connection counts as deleted"] = Deletes(
            nameof(Rule.DeletionOfAnUnknownConnectionGivesFalse), async (inner, key, expected) =>
                await inner.FindAsync(key) is null || await inner.TryDeleteAsync(key, expected)),
        ["nothing is deleted"] = Deletes(nameof(Rule.DeletedConnectionIsGone), (_, _, _) => ValueTask.FromResult(true)),
        ["any version deletes"] = Deletes(nameof(Rule.WrongVersionDeletesNothing), async (inner, key, _) =>
            await inner.FindAsync(key) is { } found && await inner.TryDeleteAsync(key, found.Version)),
        ["an update brings back what was deleted"] = Saves(
            nameof(Rule.UpdateDoesNotBringBackADeletedConnection), UpsertAsync),
        ["a deleted connection stays reserved"] = (nameof(Rule.DeletedConnectionCanBeCreatedAgain), () =>
        {
            var deleted = new HashSet<ConnectionKey>();
            return new FlawedStore
            {
                Delete = (inner, key, expected) => ValueTask.FromResult(deleted.Add(key)),
                Save = async (inner, c, expected) =>
                    !deleted.Contains(KeyOf(c)) && await inner.TrySaveAsync(c, expected),
            };
        }
        ),

        ["creators check, then write"] = (nameof(Rule.OneOfManyCreatorsWins), RacingStores.CreatorsCheckThenWrite),
        ["writers check, then write"] = (
            nameof(Rule.OneOfManyWritersWinsEachVersion), RacingStores.WritersCheckThenWrite),
        ["deletions check, then delete"] = (nameof(Rule.OneOfManyDeletionsWins), RacingStores.DeletionsCheckThenDelete),
        ["a deletion checks, then deletes"] = (
            nameof(Rule.OneOfWritersAndDeletionsWins), RacingStores.DeletionChecksBeforeTheWriteAndDeletesAfterIt),
        ["a lost swap is reported as won"] = (nameof(Rule.NoUpdateIsLost), RacingStores.LostSwapIsReportedAsWon),
        ["one writer locks the others out"] = (
            nameof(Rule.ManyConnectionsAreWrittenAtTheSameTime), RacingStores.OneWriterLocksTheOthersOut),

        ["cancellation is ignored"] = (
            nameof(Rule.CancelledCallsWriteNothing), () => new FlawedStore { IgnoresCancellation = true }),
        ["a cancelled save is half written"] = (
            nameof(Rule.SaveCancelledOnItsWayIsWrittenWholeOrNotAtAll), () => new HalfWritingStore()),

        ["RecoverAt is dropped"] = Keeps(nameof(Rule.EveryFieldComesBack), c => c with { RecoverAt = null }),
        ["RenewAt is computed anew"] = Keeps(
            nameof(Rule.EveryFieldComesBack), c => c with { RenewAt = c.RenewAt.AddDays(1) }),
        ["tokens are encrypted again"] = Keeps(
            nameof(Rule.EveryFieldComesBack), c => c with { Tokens = "x" + c.Tokens }),
        ["disconnected is kept as active"] = Keeps(nameof(Rule.EveryStatusComesBack), c => c with
        {
            Status = c.Status == ConnectionStatus.Disconnected ? ConnectionStatus.Active : c.Status,
        }),
        ["instants are kept to the second"] = Keeps(nameof(Rule.InstantsComeBackToTheMillisecond), c => c with
        {
            RenewAt = DateTimeOffset.FromUnixTimeSeconds(c.RenewAt.ToUnixTimeSeconds()),
        }),
        ["instants are kept to three milliseconds"] = Keeps(nameof(Rule.InstantsComeBackToTheMillisecond), c => c with
        {
            RenewAt = DateTimeOffset.FromUnixTimeMilliseconds(c.RenewAt.ToUnixTimeMilliseconds() / 3 * 3),
        }),
        ["instants end in 2038"] = Keeps(nameof(Rule.InstantsComeBackToTheMillisecond), c => c with
        {
            RenewAt = c.RenewAt.ToUnixTimeSeconds() > int.MaxValue ? DateTimeOffset.MaxValue : c.RenewAt,
        }),
        ["texts are cut at 4,000 characters"] = Keeps(nameof(Rule.LargeTextsComeBack), c => c with
        {
            Tokens = c.Tokens[..Math.Min(4_000, c.Tokens.Length)],
        }),
        ["texts are cut at 65,535 bytes"] = Keeps(nameof(Rule.LargeTextsComeBack), c => c with
        {
            State = Encoding.UTF8.GetString(
                Encoding.UTF8.GetBytes(c.State).AsSpan()[..Math.Min(65_535, Encoding.UTF8.GetByteCount(c.State))]),
        }),
        ["texts are kept as Latin-1"] = Keeps(nameof(Rule.TextsComeBackAsTheyAre), c => c with
        {
            State = Encoding.Latin1.GetString(Encoding.Latin1.GetBytes(c.State)),
        }),
        ["JSON is parsed"] = Keeps(nameof(Rule.TextsComeBackAsTheyAre), c => c with
        {
            State = JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(c.State)),
        }),
        ["long keys are cut"] = (nameof(Rule.ValueThatDoesNotFitIsRefusedForGood), () => new FlawedStore
        {
            Find = (inner, key) => inner.FindAsync(Cut(key)),
            Save = (inner, c, expected) => inner.TrySaveAsync(
                c with { AccountId = Cut(KeyOf(c)).AccountId, ClientId = Cut(KeyOf(c)).ClientId }, expected),
        }),
        ["a value that does not fit is a transient failure"] = Saves(
            nameof(Rule.ValueThatDoesNotFitIsRefusedForGood), (inner, c, expected) => c.AccountId.Length > 255
                ? throw new TimeoutException("value too long")
                : inner.TrySaveAsync(c, expected)),

        ["accounts are compared without case"] = Accounts(id => id.ToUpperInvariant()),
        ["accounts are normalized"] = Accounts(id => id.Replace("e\u0301", "é", StringComparison.Ordinal)),
        ["accounts are compared without accents"] = Accounts(id => id.Replace('é', 'e')),
        ["clients are compared without case"] = Keys(nameof(Rule.ClientIdsAreComparedByOrdinal), key =>
            key with { ClientId = key.ClientId.ToUpperInvariant() }),
        ["keys are accounts alone"] = Keys(
            nameof(Rule.AccountAndClientAreTheKeyTogether), key => key with { ClientId = "" }),
        ["keys are joined"] = Keys(nameof(Rule.AccountAndClientAreTheKeyTogether), key =>
            new ConnectionKey { AccountId = key.AccountId + key.ClientId, ClientId = "" }),
        ["pages are in the order of a collation"] = (nameof(Rule.AccountIdsAreComparedByOrdinal), () => new FlawedStore
        {
            List = PagesByCollation,
        }),

        ["due at the instant is not due"] = Lists(
            (query, c) => query.RenewalDueAt is null || c.RenewAt < query.RenewalDueAt),
        ["the client is ignored"] = Widens(query => query with { ClientId = null }),
        ["the account is ignored"] = Widens(query => query with { AccountId = null }),
        ["the status is ignored"] = Widens(query => query with { Status = null }),
        ["recovery ignores its instant"] = Widens(query => query with { RecoveryDueAt = null }),
        ["the limit is a page of its own"] = (nameof(Rule.PagesAreFull), () => new FlawedStore
        {
            List = (inner, query) => inner.ListAsync(query with { Limit = Math.Min(query.Limit, 5) }),
        }),
        ["the limit is ignored"] = (nameof(Rule.PagesAreFull), () => new FlawedStore
        {
            List = (inner, query) => inner.ListAsync(query with { Limit = 100 }),
        }),
        ["pages overlap"] = (nameof(Rule.PagesAreFull), () => new FlawedStore { List = PagesThatOverlap }),
        ["pages by due time skip its ties"] = (nameof(Rule.ManyConnectionsAreListedOnceEach), () => new FlawedStore
        {
            List = PagesByDueTimeAlone,
        }),
        ["pages are counted off"] = (nameof(Rule.ConnectionsMayChangeBetweenPages), () =>
        {
            var offset = 0;
            return new FlawedStore
            {
                List = async (inner, query) =>
                {
                    offset = query.After is null ? 0 : offset + query.Limit;
                    var all = await inner.ListAsync(query with { After = null, Limit = int.MaxValue });
                    return [.. all.OrderBy(connection => connection.RenewAt).Skip(offset).Take(query.Limit)];
                },
            };
        }
        ),
        ["a page begins after what is stored now"] =
            (nameof(Rule.ConnectionsMayChangeBetweenPages), () => new FlawedStore
            {
                List = async (inner, query) => await inner.ListAsync(query.After is { } after
                    && await inner.FindAsync(KeyOf(after)) is null ? query with { After = null } : query),
            }),

        ["ended connections count as due"] = Summaries(s => s with { RenewalDue = s.RenewalDue + s.Disconnected }),
        ["the oldest renewal is forgotten"] = Summaries(s => s with { OldestRenewAt = null }),
        ["all clients are one"] = (nameof(Rule.SummaryCountsTheConnectionsOfEachClient), () => new FlawedStore
        {
            Summarize = async (inner, now) =>
                [.. (await inner.SummarizeAsync(now)).GroupBy(s => s.ClientId.ToLowerInvariant())
                    .Select(group => group.First())],
        }),
        ["a client leaves an empty summary"] = (nameof(Rule.ClientWithoutConnectionsHasNoSummary), () =>
        {
            var seen = new HashSet<string>();
            return new FlawedStore
            {
                Summarize = async (inner, now) =>
                {
                    var summaries = await inner.SummarizeAsync(now);
                    seen.UnionWith(summaries.Select(summary => summary.ClientId));
                    var empty = seen.Except(summaries.Select(summary => summary.ClientId));
                    return [.. summaries, .. empty.Select(clientId => new ConnectionSummary { ClientId = clientId })];
                },
            };
        }
        ),
    };

    internal static ConnectionKey KeyOf(StoredConnection connection) =>
        new() { AccountId = connection.AccountId, ClientId = connection.ClientId };

    private static ConnectionKey Cut(ConnectionKey key) => key with
    {
        AccountId = key.AccountId[..Math.Min(255, key.AccountId.Length)],
        ClientId = key.ClientId[..Math.Min(128, key.ClientId.Length)],
    };

    private static (string, Func<ITokenStore>) Keeps(string rule, Func<StoredConnection, StoredConnection> kept) =>
        Saves(rule, (inner, connection, expected) => inner.TrySaveAsync(kept(connection), expected));

    private static (string, Func<ITokenStore>) Saves(
        string rule, Func<ITokenStore, StoredConnection, string?, ValueTask<bool>> save) =>
        (rule, () => new FlawedStore { Save = save });

    private static (string, Func<ITokenStore>) Deletes(
        string rule, Func<ITokenStore, ConnectionKey, string, ValueTask<bool>> delete) =>
        (rule, () => new FlawedStore { Delete = delete });

    private static (string, Func<ITokenStore>) Versions(Func<string, string?, bool> equal) =>
        Saves(nameof(Rule.VersionsAreComparedByOrdinal), async (inner, connection, expected) =>
            await inner.FindAsync(KeyOf(connection)) is { } found && equal(found.Version, expected)
                ? await inner.TrySaveAsync(connection, found.Version)
                : await inner.TrySaveAsync(connection, expected));

    private static (string, Func<ITokenStore>) Accounts(Func<string, string> change) =>
        Keys(nameof(Rule.AccountIdsAreComparedByOrdinal), key => key with { AccountId = change(key.AccountId) });

    // Looks connections up by a changed key, and gives them back with their own.
    private static (string, Func<ITokenStore>) Keys(string rule, Func<ConnectionKey, ConnectionKey> change) =>
        (rule, () => new FlawedStore
        {
            Find = (inner, key) => inner.FindAsync(change(key)),
            Save = (inner, connection, expected) =>
            {
                var key = change(KeyOf(connection));
                return inner.TrySaveAsync(
                    connection with { AccountId = key.AccountId, ClientId = key.ClientId }, expected);
            },
            Delete = (inner, key, expected) => inner.TryDeleteAsync(change(key), expected),
        });

    private static (string, Func<ITokenStore>) Lists(Func<ConnectionQuery, StoredConnection, bool> also) =>
        (nameof(Rule.FiltersListWhatMatches), () => new FlawedStore
        {
            List = async (inner, query) =>
                [.. (await inner.ListAsync(query)).Where(connection => also(query, connection))],
        });

    private static (string, Func<ITokenStore>) Widens(Func<ConnectionQuery, ConnectionQuery> change) =>
        (
            nameof(Rule.FiltersListWhatMatches),
            () => new FlawedStore { List = (inner, query) => inner.ListAsync(change(query)) });

    private static (string, Func<ITokenStore>) Summaries(Func<ConnectionSummary, ConnectionSummary> change) =>
        (nameof(Rule.SummaryCountsTheConnectionsOfEachClient), () => new FlawedStore
        {
            Summarize = async (inner, now) => [.. (await inner.SummarizeAsync(now)).Select(change)],
        });

    private static async ValueTask<IReadOnlyList<StoredConnection>> PagesThatOverlap(
        ITokenStore inner, ConnectionQuery query)
    {
        var page = await inner.ListAsync(query);
        return query.After is { } after ? [after, .. page.Take(query.Limit - 1)] : page;
    }

    private static async ValueTask<IReadOnlyList<StoredConnection>> PagesByCollation(
        ITokenStore inner, ConnectionQuery query)
    {
        var all = await inner.ListAsync(query with { After = null, Limit = int.MaxValue });
        return
        [
            .. all.OrderBy(connection => connection.AccountId, StringComparer.OrdinalIgnoreCase)
                .Where(
                    c =>
                        query.After is null || string.Compare(
                            c.AccountId, query.After.AccountId, StringComparison.OrdinalIgnoreCase) > 0)
                .Take(query.Limit),
        ];
    }

    private static async ValueTask<IReadOnlyList<StoredConnection>> PagesByDueTimeAlone(
        ITokenStore inner, ConnectionQuery query)
    {
        if (query.RenewalDueAt is null)
        {
            return await inner.ListAsync(query);
        }

        var all = await inner.ListAsync(query with { After = null, Limit = int.MaxValue });
        return
        [
            .. all.Where(connection => query.After is null || connection.RenewAt > query.After.RenewAt)
                .OrderBy(connection => connection.RenewAt)
                .Take(query.Limit),
        ];
    }

    internal static async ValueTask<bool> OverwriteAsync(
        ITokenStore inner, StoredConnection connection, string? expected) =>
        await inner.TrySaveAsync(connection, (await inner.FindAsync(KeyOf(connection)))?.Version);

    private static async ValueTask<bool> UpsertAsync(
        ITokenStore inner, StoredConnection connection, string? expected) =>
        await inner.TrySaveAsync(connection, await inner.FindAsync(KeyOf(connection)) is null ? null : expected);

    // A transaction that is none: the new version is written first, and a cancellation comes before the rest.
    private sealed class HalfWritingStore : ITokenStore
    {
        private readonly InMemoryTokenStore _inner = new();

        public async ValueTask<bool> TrySaveAsync(
            StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
        {
            if (await _inner.FindAsync(KeyOf(connection), cancellationToken) is not { } found)
            {
                return await _inner.TrySaveAsync(connection, expectedVersion, cancellationToken);
            }

            var half = found with { Version = connection.Version };
            var won = await _inner.TrySaveAsync(half, expectedVersion, cancellationToken);
            if (cancellationToken.CanBeCanceled)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return won && await _inner.TrySaveAsync(connection, half.Version, cancellationToken);
        }

        public ValueTask<StoredConnection?> FindAsync(
            ConnectionKey key, CancellationToken cancellationToken = default) =>
            _inner.FindAsync(key, cancellationToken);

        public ValueTask<bool> TryDeleteAsync(
            ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
            _inner.TryDeleteAsync(key, expectedVersion, cancellationToken);

        public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
            ConnectionQuery query, CancellationToken cancellationToken = default) =>
            _inner.ListAsync(query, cancellationToken);

        public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
            DateTimeOffset now, CancellationToken cancellationToken = default) =>
            _inner.SummarizeAsync(now, cancellationToken);
    }
}
