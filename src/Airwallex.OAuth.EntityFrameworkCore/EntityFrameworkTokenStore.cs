using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Connections in a table of the application's context. Every write is one conditional statement, whose atomicity at any isolation level is all that
/// compare-and-swap needs. Thread-safe.
/// </summary>
internal sealed partial class EntityFrameworkTokenStore<TContext>(
    ContextRunner<TContext> contexts, TimeProvider time, ILogger<EntityFrameworkTokenStore<TContext>> logger) : ITokenStore
    where TContext : DbContext
{
    private const string Active = nameof(ConnectionStatus.Active);
    private const int MaxWrites = 3;

    // How a missing table or column is told: SQLSTATE of PostgreSQL, MySQL and MariaDB; the words of SQLite and SQL Server.
    private static readonly string[] MissingTableSigns =
        ["42P01", "42703", "42S02", "42S22", "no such table", "no such column", "Invalid object name", "Invalid column name"];

    private static readonly TimeSpan MissingTableDelay = TimeSpan.FromSeconds(20);
    private volatile Tuple<DateTimeOffset, DbException>? _missingTable;

    public async ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (accountId, clientId) = (key.AccountId, key.ClientId);
        var row = await ReadAsync(
            rows => rows.SingleOrDefaultAsync(row => row.AccountId == accountId && row.ClientId == clientId, cancellationToken),
            cancellationToken).ConfigureAwait(false);

        // A collation that the application chose may find an id that differs in case: another account.
        return row?.AccountId == accountId && row.ClientId == clientId ? row.ToConnection() : null;
    }

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection is not { AccountId.Length: <= 255, ClientId.Length: <= 128, Version.Length: <= 64 })
        {
            throw new AirwallexOAuthException("An account id has at most 255 characters, a client id 128, a version 64. Nothing was written.");
        }

        var row = AirwallexConnectionEntity.Of(connection);
        return WriteAsync(
            row,
            expectedVersion,
            context => expectedVersion is null ? context.Add(row) : Update(context.Attach(row), expectedVersion),
            cancellationToken);
    }

    public ValueTask<bool> TryDeleteAsync(ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(expectedVersion);
        var row = new AirwallexConnectionEntity { AccountId = key.AccountId, ClientId = key.ClientId, Version = expectedVersion };
        return WriteAsync(row, expectedVersion, context => context.Remove(row), cancellationToken);
    }

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var page = await ReadAsync(rows => rows.Page(query).ToListAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return page.ConvertAll(row => row.ToConnection());
    }

    public async ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        var instant = now.ToUnixTimeMilliseconds();
        return await ReadAsync(
            rows => rows.GroupBy(row => row.ClientId).Select(group => new ConnectionSummary
            {
                ClientId = group.Key,
                Active = group.LongCount(row => row.Status == Active),
                ReauthorizationRequired = group.LongCount(row => row.Status == nameof(ConnectionStatus.ReauthorizationRequired)),
                Disconnected = group.LongCount(row => row.Status == nameof(ConnectionStatus.Disconnected)),
                RenewalDue = group.LongCount(row => row.Status == Active && row.RenewAt <= instant),
                RefreshPending = group.LongCount(row => row.Status == Active && row.RecoverAt != null),
                OldestRenewAt = AirwallexConnectionEntity.ToInstant(group.Min(row => row.Status == Active ? row.RenewAt : (long?)null)),
            }).ToListAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<T> ReadAsync<T>(Func<IQueryable<AirwallexConnectionEntity>, Task<T>> read, CancellationToken cancellationToken)
    {
        if (_missingTable is var (retryAt, missing) && time.GetUtcNow() < retryAt)
        {
            throw DescribeMissingTable(missing);
        }

        try
        {
            // The application's filters (of a tenant, of soft deletion) are not about connections.
            var result = await contexts.RunAsync(
                context => read(context.Set<AirwallexConnectionEntity>().IgnoreQueryFilters().AsNoTracking()), cancellationToken).ConfigureAwait(false);
            _missingTable = null;
            return result;
        }
        catch (DbException exception) when (Array.Exists(
            MissingTableSigns, sign => sign == exception.SqlState || exception.Message.Contains(sign, StringComparison.Ordinal)))
        {
            var described = DescribeMissingTable(exception);
            if (_missingTable is null)
            {
                LogMissingTable(logger, described.Message);
            }

            // EF Core logs every command that fails.
            _missingTable = new(time.GetUtcNow() + MissingTableDelay, exception);
            throw described;
        }
    }

    private static AirwallexOAuthException DescribeMissingTable(DbException exception) => new(
        $"The database of {typeof(TContext).Name} has no table AirwallexConnections as the model describes it: add a migration "
            + "(dotnet ef migrations add AddAirwallexOAuth) and apply it (dotnet ef database update).",
        exception);

    /// <summary>
    /// Writes, and looks when that fails, since providers tell a lost race in many ways and a write that took effect may fail. Ours is stored: won.
    /// Another or none: lost, and ours cannot take effect any more. Still the expected one: nobody wrote, and the write is tried again.
    /// </summary>
    private async ValueTask<bool> WriteAsync(
        AirwallexConnectionEntity row, string? expectedVersion, Func<TContext, EntityEntry> change, CancellationToken cancellationToken)
    {
        for (var writes = 1; ; writes++)
        {
            try
            {
                return await contexts.RunAsync(context => WriteAsync(context, change, cancellationToken), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not AirwallexOAuthException && !cancellationToken.IsCancellationRequested)
            {
                var key = new ConnectionKey { AccountId = row.AccountId, ClientId = row.ClientId };
                var stored = await FindAsync(key, cancellationToken).ConfigureAwait(false);
                if (stored?.Version != expectedVersion)
                {
                    return stored?.Version == row.Version;
                }

                if (writes == MaxWrites)
                {
                    throw;
                }
            }
        }
    }

    private static async Task<bool> WriteAsync(TContext context, Func<TContext, EntityEntry> change, CancellationToken cancellationToken)
    {
        var entry = change(context);
        var whenWritten = entry.State == EntityState.Deleted ? EntityState.Detached : EntityState.Unchanged;
        await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
        return entry.State == whenWritten ? true : throw new InvalidOperationException(
            $"An override or interceptor of {typeof(TContext).Name}.SaveChanges kept a connection from being written. Leave {entry.Metadata.ClrType.Name} out of it.");
    }

    // Columns that the application added stay as they are.
    private static EntityEntry<AirwallexConnectionEntity> Update(EntityEntry<AirwallexConnectionEntity> entry, string expectedVersion)
    {
        foreach (var property in entry.Properties.Where(property => !property.Metadata.IsShadowProperty() && !property.Metadata.IsPrimaryKey()))
        {
            property.IsModified = true;
        }

        entry.Property(row => row.Version).OriginalValue = expectedVersion;
        return entry;
    }

    [LoggerMessage(100, LogLevel.Error, "{Problem}")]
    private static partial void LogMissingTable(ILogger logger, string problem);
}
