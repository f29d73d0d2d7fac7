using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>The statements on the table of connections. Thread-safe, as long as each context is used by one operation at a time.</summary>
/// <remarks>Apart from the store because its type parameter would make every expression tree here several times as dear.</remarks>
internal static class ConnectionRows
{
    // Read before every refresh. Compiled once for each model, since one context type may have several (a schema for each tenant).
    private static readonly ConditionalWeakTable<IModel, Func<DbContext, string, CancellationToken, Task<AirwallexConnectionEntity?>>> Finds = [];

    public static IQueryable<AirwallexConnectionEntity> Of(DbContext context) => All(context).AsNoTracking();

    public static Task<AirwallexConnectionEntity?> FindAsync(DbContext context, string accountId, CancellationToken cancellationToken)
    {
        var find = Finds.GetValue(context.Model, static _ => EF.CompileAsyncQuery(
            (DbContext context, string accountId, CancellationToken _) =>
                context.Set<AirwallexConnectionEntity>().IgnoreQueryFilters().AsNoTracking().SingleOrDefault(row => row.AccountId == accountId)));
        return find(context, accountId, cancellationToken);
    }

    public static async Task<bool> InsertAsync(DbContext context, AirwallexConnectionEntity row, CancellationToken cancellationToken)
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

    /// <summary>Writes the row in place of the version before it, if that still stands; <paramref name="read"/> is that version as it was read, if known.</summary>
    public static async Task<bool> UpdateAsync(
        DbContext context, AirwallexConnectionEntity row, AirwallexConnectionEntity? read, CancellationToken cancellationToken)
    {
        var written = await All(context)
            .Where(ConnectionUpdate.Replaces(row))
            .ExecuteUpdateAsync(ConnectionUpdate.Sets(row, read), cancellationToken).ConfigureAwait(false);

        // A retrying strategy repeats a statement whose connection broke, and finds no row when the first one had taken effect: won, not lost.
        return written > 0
            || (context.Database.CreateExecutionStrategy().RetriesOnFailure
                && await FindStampAsync(context, row.AccountId, cancellationToken).ConfigureAwait(false) == StampOf(row));
    }

    public static async Task<int> DeleteAsync(DbContext context, string accountId, CancellationToken cancellationToken)
    {
        var row = All(context).Where(row => row.AccountId == accountId);

        // A collation may find an id that looks alike: another account's connection must not be deleted.
        var stored = await row.Select(row => row.AccountId).SingleOrDefaultAsync(cancellationToken).ConfigureAwait(false);
        return stored == accountId ? await row.ExecuteDeleteAsync(cancellationToken).ConfigureAwait(false) : 0;
    }

    // The application's filters (of a tenant, of soft deletion) are not about connections.
    private static IQueryable<AirwallexConnectionEntity> All(DbContext context) => context.Set<AirwallexConnectionEntity>().IgnoreQueryFilters();

    /// <summary>
    /// What tells one write of a version from another's. New tokens tell, because Data Protection never encrypts the same text twice to the same;
    /// where the tokens stay, so does the note's id. Only that a connection is over may two say in the same words, and both are right.
    /// </summary>
    private sealed record Stamp(string AccountId, long Version, string ProtectedRefreshToken, Guid? PendingAttemptId, ConnectionStatus Status);

    private static Stamp StampOf(AirwallexConnectionEntity row) =>
        new(row.AccountId, row.Version, row.ProtectedRefreshToken, row.PendingAttemptId, row.Status);

    private static Task<Stamp?> FindStampAsync(DbContext context, string accountId, CancellationToken cancellationToken) =>
        Of(context)
            .Where(stored => stored.AccountId == accountId)
            .Select(stored => new Stamp(stored.AccountId, stored.Version, stored.ProtectedRefreshToken, stored.PendingAttemptId, stored.Status))
            .SingleOrDefaultAsync(cancellationToken);
}
