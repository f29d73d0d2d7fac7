using System.Data.Common;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Connections in a table of the application's context. Every write is one conditional statement, whose atomicity at
/// any isolation level is all that compare-and-swap needs. Thread-safe.
/// </summary>
internal sealed partial class EntityFrameworkTokenStore<TContext>(
    ContextRunner<TContext> contexts, TimeProvider time, ILogger<ITokenStore> logger) : ITokenStore
    where TContext : DbContext
{
    private const int MaxWrites = 3;
    private const ConnectionStatus Active = ConnectionStatus.Active;
    private const ConnectionStatus Unauthorized = ConnectionStatus.ReauthorizationRequired;

    // How a missing table or column is told: SQLSTATE of PostgreSQL, MySQL and MariaDB; words of SQLite and SQL Server.
    private static readonly string[] SignsOfMissingTable =
        ["42P01", "42703", "42S02", "42S22", "no such table", "no such column", "Invalid object", "Invalid column"];

    private static readonly TimeSpan MissingTableDelay = TimeSpan.FromSeconds(20);
    private volatile Tuple<Exception, DateTimeOffset>? _missingTable;

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default)
    {
        var query = new ConnectionQuery { AccountId = key.AccountId, ClientId = key.ClientId };
        var found = await ListAsync(query, cancellationToken).ConfigureAwait(false);

        // A collation that the application chose may find an id that differs in case: another account.
        return found.SingleOrDefault(one => one.AccountId == key.AccountId && one.ClientId == key.ClientId);
    }

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
        connection is { AccountId.Length: <= 255, ClientId.Length: <= 128, Version.Length: <= 64 }
            ? WriteAsync(
                new ConnectionKey { AccountId = connection.AccountId, ClientId = connection.ClientId }, connection,
                expectedVersion, cancellationToken)
            : throw new AirwallexOAuthException("Account ids have up to 255 characters, client ids 128, versions 64.");

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
        WriteAsync(key, next: null, expectedVersion, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default) =>
        await ReadAsync(
            rows => Page(rows, query).Select(row => new StoredConnection
            {
                AccountId = row.AccountId,
                ClientId = row.ClientId,
                Version = row.Version,
                Status = row.Status,
                RenewAt = row.RenewAt,
                RecoverAt = row.RecoverAt,
                State = row.State,
                Tokens = row.Tokens,
            }).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) =>
        await ReadAsync(
            rows => rows.GroupBy(row => row.ClientId).Select(group => new ConnectionSummary
            {
                ClientId = group.Key,
                Active = group.LongCount(row => row.Status == Active),
                ReauthorizationRequired = group.LongCount(row => row.Status == Unauthorized),
                Disconnected = group.LongCount(row => row.Status == ConnectionStatus.Disconnected),
                RenewalDue = group.LongCount(row => row.Status == Active && row.RenewAt <= now),
                RefreshPending = group.LongCount(row => row.Status == Active && row.RecoverAt != null),
                OldestRenewAt = group.Min(row => row.Status == Active ? row.RenewAt : (DateTimeOffset?)null),
            }).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Pages by the last row of the page before, in an index's order: only what is due is read.</summary>
    private static IQueryable<Row> Page(IQueryable<Row> rows, ConnectionQuery query)
    {
        var (clientId, accountId, status) = (query.ClientId, query.AccountId, query.Status);
        var (renewAt, recoverAt, last, limit) = (query.RenewalDueAt, query.RecoveryDueAt, query.After, query.Limit);
        rows = clientId is null ? rows : rows.Where(row => row.ClientId == clientId);
        rows = accountId is null ? rows : rows.Where(row => row.AccountId == accountId);
        rows = status is null ? rows : rows.Where(row => row.Status == status);
        rows = renewAt is null ? rows : rows.Where(row => row.RenewAt <= renewAt);
        rows = recoverAt is null ? rows : rows.Where(row => row.RecoverAt <= recoverAt);

        var (lastAccount, lastClient) = (last?.AccountId, last?.ClientId);
        if (renewAt is null && recoverAt is null)
        {
            rows = last is null ? rows : rows.Where(row => row.AccountId.CompareTo(lastAccount) >= 0
                && (row.AccountId != lastAccount || row.ClientId.CompareTo(lastClient) > 0));
            return rows.OrderBy(row => row.AccountId).ThenBy(row => row.ClientId).Take(limit);
        }

        // "From the last instant on" is a condition of its own, so that every engine finds it in the index.
        var lastAt = renewAt is null ? last?.RecoverAt : last?.RenewAt;
        var due = renewAt is null
            ? rows.Select(row => new { Row = row, At = row.RecoverAt })
            : rows.Select(row => new { Row = row, At = (DateTimeOffset?)row.RenewAt });
        due = last is null ? due : due.Where(it => it.At >= lastAt
            && (it.At > lastAt || it.Row.AccountId.CompareTo(lastAccount) > 0
                || (it.Row.AccountId == lastAccount && it.Row.ClientId.CompareTo(lastClient) > 0)));
        return due.OrderBy(it => it.At).ThenBy(it => it.Row.AccountId).ThenBy(it => it.Row.ClientId)
            .Select(it => it.Row).Take(limit);
    }

    private async Task<T> ReadAsync<T>(Func<IQueryable<Row>, Task<T>> read, CancellationToken cancellationToken)
    {
        if (_missingTable is var (told, retryAt) && time.GetUtcNow() < retryAt)
        {
            throw new AirwallexOAuthException(told.Message, told);
        }

        try
        {
            // The application's filters (of a tenant, of soft deletion) are not about connections.
            var result = await contexts.RunAsync(
                context => read(context.Set<Row>().IgnoreQueryFilters()), cancellationToken).ConfigureAwait(false);
            _missingTable = null;
            return result;
        }
        catch (DbException exception) when (Array.Exists(SignsOfMissingTable, sign =>
            exception.SqlState == sign || exception.Message.Contains(sign, StringComparison.Ordinal)))
        {
            var missing = new AirwallexOAuthException(
                $"The database of {typeof(TContext).Name} has no table AirwallexConnections as the model has it: add a "
                    + "migration (dotnet ef migrations add AddAirwallexOAuth), apply it (dotnet ef database update).",
                exception);
            MissingTable(logger, _missingTable is null ? LogLevel.Error : LogLevel.Debug, missing.Message);

            // Backed off, since Entity Framework Core logs every command that fails.
            _missingTable = new(missing, time.GetUtcNow() + MissingTableDelay);
            throw missing;
        }
    }

    /// <summary>
    /// Writes, or deletes when next is null, and looks when that fails, since providers tell a lost race in many ways
    /// and a write that took effect may fail. Ours is stored: won. The row is gone: won by a deletion, unless the
    /// engine said that it deleted none. Still the expected version: tried again. Else lost, and ours can never win.
    /// </summary>
    private async ValueTask<bool> WriteAsync(
        ConnectionKey key, StoredConnection? next, string? expectedVersion, CancellationToken cancellationToken)
    {
        for (var writes = 1; ; writes++)
        {
            try
            {
                return await contexts.RunAsync(
                    context => WriteOnceAsync(context, key, next, expectedVersion, cancellationToken),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure)
                when (failure is not AirwallexOAuthException && !cancellationToken.IsCancellationRequested)
            {
                var stored = await FindAsync(key, cancellationToken).ConfigureAwait(false);
                if (stored?.Version != expectedVersion)
                {
                    return next is not null ? stored?.Version == next.Version
                        : stored is null && failure is not DbUpdateConcurrencyException;
                }

                if (writes == MaxWrites)
                {
                    throw;
                }
            }
        }
    }

    private static async Task<bool> WriteOnceAsync(
        TContext context, ConnectionKey key, StoredConnection? next, string? expectedVersion,
        CancellationToken cancellationToken)
    {
        var entry = context.Entry(new Row { Version = expectedVersion ?? "" });
        entry.CurrentValues.SetValues((object?)next ?? key);
        entry.State = next is null ? EntityState.Deleted
            : expectedVersion is null ? EntityState.Added : EntityState.Modified;
        entry.Property(row => row.Version).OriginalValue = expectedVersion ?? "";

        // Columns that the application added stay as they are.
        foreach (var property in entry.Properties.Where(one => one.IsModified && one.Metadata.IsShadowProperty()))
        {
            property.IsModified = false;
        }

        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        return entry.State == (next is null ? EntityState.Detached : EntityState.Unchanged) ? true
            : throw new InvalidOperationException(
                $"An override or interceptor of {typeof(TContext).Name}.SaveChanges kept a connection from being "
                    + "written. Leave AirwallexConnectionEntity out of it.");
    }

    [LoggerMessage(EventId = 100, Message = "{Problem}")]
    private static partial void MissingTable(ILogger logger, LogLevel level, string problem);
}
