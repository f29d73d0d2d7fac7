using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Transactions;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Connections in a table of the application's own context. Compare-and-swap is one conditional UPDATE, or one INSERT whose key conflict means that
/// the swap was lost: the engine's own atomicity of one statement, at any isolation level, is all it needs. Thread-safe.
/// </summary>
internal sealed partial class EntityFrameworkTokenStore<TContext>(
    IServiceScopeFactory scopes,
    IDataProtectionProvider dataProtection,
    ILogger<EntityFrameworkTokenStore<TContext>> logger) : ITokenStore
    where TContext : DbContext
{
    private readonly ConnectionProtector _protector = new(dataProtection);

    // Rows that could not be decrypted, by account and version, so that the scans of every few seconds report each once.
    private readonly ConcurrentDictionary<string, long> _reportedUnreadable = new(StringComparer.Ordinal);

    public async ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);

        var row = await InContextAsync(
            context => Rows(context).SingleOrDefaultAsync(row => row.AccountId == accountId, cancellationToken), cancellationToken).ConfigureAwait(false);

        // A collation may find an id that differs in case or by trailing spaces: another account.
        return row?.AccountId == accountId ? _protector.ToConnection(row) : null;
    }

    public async ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.AccountId.Length > AirwallexConnectionEntityConfiguration.MaxAccountIdLength)
        {
            throw new AirwallexOAuthException(
                $"Account id {connection.AccountId} has {connection.AccountId.Length} characters, and the table keeps {AirwallexConnectionEntityConfiguration.MaxAccountIdLength}. Nothing was written.");
        }

        var row = _protector.ToNextRow(connection);
        return await InContextAsync(
            context => connection.Version == 0 ? InsertAsync(context, row, cancellationToken) : UpdateAsync(context, row, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);

        await InContextAsync(
            async context =>
            {
                var row = Rows(context).Where(row => row.AccountId == accountId);

                // As in FindAsync: another account's connection must not be deleted because its id looks alike.
                var stored = await row.Select(row => row.AccountId).SingleOrDefaultAsync(cancellationToken).ConfigureAwait(false);
                return stored == accountId ? await row.ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false) : 0;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);

        var pages = new ConnectionPages(filter);
        while (true)
        {
            // A context for each page: no reader and no connection is held open while the consumer works.
            var page = await InContextAsync(context => pages.ReadNextAsync(Rows(context), cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (var row in page)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryRead(row) is { } connection)
                {
                    yield return connection;
                }
            }

            if (pages.IsLast)
            {
                yield break;
            }
        }
    }

    private static IQueryable<AirwallexConnectionEntity> Rows(TContext context) =>
        // The application's filters (of a tenant, of soft deletion) are not about connections.
        context.Set<AirwallexConnectionEntity>().IgnoreQueryFilters().AsNoTracking();

    private static async Task<bool> InsertAsync(TContext context, AirwallexConnectionEntity row, CancellationToken cancellationToken)
    {
        for (var isRetry = false; ; isRetry = true)
        {
            try
            {
                context.Add(row);
                await context.SaveChangesAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (DbUpdateException)
            {
                context.ChangeTracker.Clear();
                if (await FindStampAsync(context, row.AccountId, cancellationToken).ConfigureAwait(false) is { } stored)
                {
                    return stored.AccountId == row.AccountId
                        ? stored == StampOf(row)
                        : throw new AirwallexOAuthException(
                            $"Account {row.AccountId} cannot be stored beside account {stored.AccountId}: to the database's collation the two ids are one. Give the column a binary collation. Nothing was written.");
                }

                // No row is in the way: a failure of another kind, unless the row that was has just been deleted. Once more tells.
                if (isRetry)
                {
                    throw;
                }
            }
        }
    }

    private static async Task<bool> UpdateAsync(TContext context, AirwallexConnectionEntity row, CancellationToken cancellationToken)
    {
        var expected = row.Version - 1;
        var written = await Rows(context)
            .Where(stored => stored.AccountId == row.AccountId && stored.Version == expected)
            .ExecuteUpdateAsync(
                update => update
                    .SetProperty(stored => stored.ProtectedAccessToken, row.ProtectedAccessToken)
                    .SetProperty(stored => stored.AccessTokenExpiresAt, row.AccessTokenExpiresAt)
                    .SetProperty(stored => stored.ProtectedRefreshToken, row.ProtectedRefreshToken)
                    .SetProperty(stored => stored.RefreshTokenExpiresAt, row.RefreshTokenExpiresAt)
                    .SetProperty(stored => stored.IssuedAt, row.IssuedAt)
                    .SetProperty(stored => stored.Scopes, row.Scopes)
                    .SetProperty(stored => stored.Status, row.Status)
                    .SetProperty(stored => stored.StatusReason, row.StatusReason)
                    .SetProperty(stored => stored.ConnectedAt, row.ConnectedAt)
                    .SetProperty(stored => stored.RenewAt, row.RenewAt)
                    .SetProperty(stored => stored.PendingAttemptId, row.PendingAttemptId)
                    .SetProperty(stored => stored.FirstSentAt, row.FirstSentAt)
                    .SetProperty(stored => stored.LeaseExpiresAt, row.LeaseExpiresAt)
                    .SetProperty(stored => stored.AnsweredStatus, row.AnsweredStatus)
                    .SetProperty(stored => stored.Version, row.Version),
                cancellationToken).ConfigureAwait(false);

        // A retrying strategy repeats a statement whose connection broke, and finds no row when the first one had taken effect: won, not lost.
        return written > 0
            || (context.Database.CreateExecutionStrategy().RetriesOnFailure
                && await FindStampAsync(context, row.AccountId, cancellationToken).ConfigureAwait(false) == StampOf(row));
    }

    /// <summary>What tells one write of a row from every other: Data Protection never encrypts the same token to the same text twice.</summary>
    private sealed record Stamp(string AccountId, long Version, string ProtectedRefreshToken);

    private static Stamp StampOf(AirwallexConnectionEntity row) => new(row.AccountId, row.Version, row.ProtectedRefreshToken);

    private static Task<Stamp?> FindStampAsync(TContext context, string accountId, CancellationToken cancellationToken) =>
        Rows(context)
            .Where(stored => stored.AccountId == accountId)
            .Select(stored => new Stamp(stored.AccountId, stored.Version, stored.ProtectedRefreshToken))
            .SingleOrDefaultAsync(cancellationToken);

    // One row that cannot be decrypted must not keep the keep-alive from all others.
    private AirwallexConnection? TryRead(AirwallexConnectionEntity row)
    {
        try
        {
            return _protector.ToConnection(row);
        }
        catch (AirwallexOAuthException exception)
        {
            if (!_reportedUnreadable.TryGetValue(row.AccountId, out var version) || version != row.Version)
            {
                _reportedUnreadable[row.AccountId] = row.Version;
                LogUnreadable(logger, row.AccountId, exception);
            }

            return null;
        }
    }

    private async Task<T> InContextAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The note of a refresh must be committed before the refresh token is sent, whatever becomes of a caller's transaction.
        using var noTransaction = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        var scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            if (scope.ServiceProvider.GetService<IDbContextFactory<TContext>>() is not { } factory)
            {
                return await work(Checked(scope.ServiceProvider.GetRequiredService<TContext>())).ConfigureAwait(false);
            }

            var context = await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
            await using (context.ConfigureAwait(false))
            {
                return await work(Checked(context)).ConfigureAwait(false);
            }
        }
    }

    private static TContext Checked(TContext context) =>
        context.Model.FindEntityType(typeof(AirwallexConnectionEntity)) is not null
            ? context
            : throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} has no table of Airwallex connections. Call modelBuilder.UseAirwallexOAuth() in its OnModelCreating and add a migration.");

    [LoggerMessage(100, LogLevel.Error, "The connection of account {AccountId} is left out of a listing, and so neither kept alive nor recovered, since its tokens cannot be decrypted. It is reported once until its row changes.")]
    private static partial void LogUnreadable(ILogger logger, string accountId, Exception exception);
}
