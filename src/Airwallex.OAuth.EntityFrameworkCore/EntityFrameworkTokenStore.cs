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

    // Rows as they were read, by the tokens they were read as: while a connection keeps its tokens, so do their columns, encrypted as they are.
    private readonly ConditionalWeakTable<TokenSet, AirwallexConnectionEntity> _asRead = [];

    // Rows that could not be decrypted, by account and version, so that the scans of every few seconds report each once.
    private readonly ConcurrentDictionary<string, long> _reportedUnreadable = new(StringComparer.Ordinal);

    public async ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);

        var row = await InContextAsync(
            context => ConnectionRows.FindAsync(context, accountId, cancellationToken), cancellationToken).ConfigureAwait(false);

        // A collation may find an id that differs in case or by trailing spaces: another account.
        if (row?.AccountId != accountId)
        {
            return null;
        }

        var connection = _protector.ToConnection(row);
        _asRead.Add(connection.Tokens, row);
        return connection;
    }

    public async ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        if (connection.AccountId.Length > AirwallexConnectionEntityConfiguration.MaxAccountIdLength)
        {
            throw new AirwallexOAuthException(
                $"Account id {connection.AccountId} has {connection.AccountId.Length} characters, and the table keeps {AirwallexConnectionEntityConfiguration.MaxAccountIdLength}. Nothing was written.");
        }

        var read = TakeAsRead(connection);
        var row = _protector.ToNextRow(connection, read);
        return await InContextAsync(
            context => connection.Version == 0
                ? ConnectionRows.InsertAsync(context, row, cancellationToken)
                : ConnectionRows.UpdateAsync(context, row, read, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(accountId);

        await InContextAsync(context => ConnectionRows.DeleteAsync(context, accountId, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(filter);

        var pages = new ConnectionPages(filter);
        while (true)
        {
            // A context for each page: no reader and no connection is held open while the consumer works.
            var page = await InContextAsync(context => pages.ReadNextAsync(ConnectionRows.Of(context), cancellationToken), cancellationToken).ConfigureAwait(false);
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

    // At most once: after this write, another version stands.
    private AirwallexConnectionEntity? TakeAsRead(AirwallexConnection connection) =>
        _asRead.TryGetValue(connection.Tokens, out var row) && _asRead.Remove(connection.Tokens)
        && row.AccountId == connection.AccountId && row.Version == connection.Version ? row : null;

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
        using var noTransaction = Transaction.Current is null ? null : new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
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
