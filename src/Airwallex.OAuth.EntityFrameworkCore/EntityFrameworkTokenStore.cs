using System.Data.Common;
using Microsoft.EntityFrameworkCore.ChangeTracking;
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
    private const string Active = nameof(ConnectionStatus.Active);
    private const string Unauthorized = nameof(ConnectionStatus.ReauthorizationRequired);

    // How a missing table or column is told: SQLSTATE of PostgreSQL, MySQL and MariaDB; words of SQLite and SQL Server.
    private static readonly string[] SignsOfMissingTable =
        ["42P01", "42703", "42S02", "42S22", "no such table", "no such column", "Invalid object", "Invalid column"];

    private static readonly TimeSpan MissingTableDelay = TimeSpan.FromSeconds(20);
    private volatile Tuple<Exception, DateTimeOffset>? _missingTable;

    public async ValueTask<StoredConnection?> FindAsync(
        ConnectionKey key, CancellationToken cancellationToken = default)
    {
        var (account, client) = (key.AccountId, key.ClientId);
        var found = await ReadAsync(
            all => all.Where(row => row.AccountId == account && row.ClientId == client).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);

        // A collation that the application chose may find an id that differs in case: another account.
        return found.Find(row => row.AccountId == account && row.ClientId == client)?.ToConnection();
    }

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        var state = expectedVersion is null ? EntityState.Added : EntityState.Modified;
        return connection is { AccountId.Length: <= 255, ClientId.Length: <= 128, Version.Length: <= 64 }
            ? WriteAsync(Row.Of(connection), state, expectedVersion, cancellationToken)
            : throw new AirwallexOAuthException("Account ids have up to 255 characters, client ids 128, versions 64.");
    }

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) =>
        WriteAsync(
            new Row { AccountId = key.AccountId, ClientId = key.ClientId, Version = expectedVersion },
            EntityState.Deleted, expectedVersion, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        var page = await ReadAsync(rows => rows.Page(query).ToListAsync(cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        return page.ConvertAll(row => row.ToConnection());
    }

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        var instant = now.ToUnixTimeMilliseconds();
        return await ReadAsync(
            rows => rows.GroupBy(row => row.ClientId).Select(group => new ConnectionSummary
            {
                ClientId = group.Key,
                Active = group.LongCount(row => row.Status == Active),
                ReauthorizationRequired = group.LongCount(row => row.Status == Unauthorized),
                Disconnected = group.LongCount(row => row.Status == nameof(ConnectionStatus.Disconnected)),
                RenewalDue = group.LongCount(row => row.Status == Active && row.RenewAt <= instant),
                RefreshPending = group.LongCount(row => row.Status == Active && row.RecoverAt != null),
                OldestRenewAt = Row.ToInstant(group.Min(row => row.Status == Active ? row.RenewAt : (long?)null)),
            }).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
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
                context => read(context.Set<Row>().IgnoreQueryFilters().AsNoTracking()), cancellationToken)
                .ConfigureAwait(false);
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
            LogMissingTable(logger, _missingTable is null ? LogLevel.Error : LogLevel.Debug, missing.Message);

            // Backed off, since Entity Framework Core logs every command that fails.
            _missingTable = new(missing, time.GetUtcNow() + MissingTableDelay);
            throw missing;
        }
    }

    /// <summary>
    /// Writes, and looks when that fails, since providers tell a lost race in many ways and a write that took effect
    /// may fail. Ours is stored: won. The row is gone: won by a deletion, unless the engine itself said that it deleted
    /// none. Another or none: lost, and ours cannot take effect any more. Still the expected one: it is tried again.
    /// </summary>
    private async ValueTask<bool> WriteAsync(
        Row row, EntityState state, string? expectedVersion, CancellationToken cancellationToken)
    {
        for (var writes = 1; ; writes++)
        {
            try
            {
                return await contexts.RunAsync(
                    context => WriteOnceAsync(context.Entry(row), state, expectedVersion, cancellationToken),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure)
                when (failure is not AirwallexOAuthException && !cancellationToken.IsCancellationRequested)
            {
                var key = new ConnectionKey { AccountId = row.AccountId, ClientId = row.ClientId };
                var stored = await FindAsync(key, cancellationToken).ConfigureAwait(false);
                if (stored?.Version != expectedVersion)
                {
                    return state != EntityState.Deleted ? stored?.Version == row.Version
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
        EntityEntry<Row> entry, EntityState state, string? expectedVersion, CancellationToken cancellationToken)
    {
        entry.State = state;
        if (state == EntityState.Modified)
        {
            // Columns that the application added stay as they are.
            entry.Properties.Where(property => property.Metadata.IsShadowProperty()).ToList()
                .ForEach(property => property.IsModified = false);
            entry.Property(row => row.Version).OriginalValue = expectedVersion!;
        }

        await entry.Context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        return entry.State == (state == EntityState.Deleted ? EntityState.Detached : EntityState.Unchanged) ? true
            : throw new InvalidOperationException(
                $"An override or interceptor of {typeof(TContext).Name}.SaveChanges kept a connection from being "
                    + "written. Leave AirwallexConnectionEntity out of it.");
    }

    [LoggerMessage(EventId = 100, EventName = "MissingTable", Message = "{Problem}")]
    private static partial void LogMissingTable(ILogger logger, LogLevel level, string problem);
}
