using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// Breaks the connection before a write takes effect, or after it did and before its result arrives; as often as
/// told.
/// </summary>
internal sealed class BreakingConnection : DbCommandInterceptor
{
    private int _before;
    private int _after;

    public void BreakBeforeNextWrites(int times) => Volatile.Write(ref _before, times);

    public void BreakAfterNextWrites(int times) => Volatile.Write(ref _after, times);

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default) =>
        IsWrite(command) && Interlocked.Decrement(ref _before) >= 0
            ? throw new ConnectionBrokenException()
            : ValueTask.FromResult(result);

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default) =>
        IsWrite(command) && Interlocked.Decrement(ref _before) >= 0
            ? throw new ConnectionBrokenException()
            : ValueTask.FromResult(result);

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result,
        CancellationToken cancellationToken = default)
    {
        if (IsWrite(command) && Interlocked.Decrement(ref _after) >= 0)
        {
            await result.DisposeAsync();
            throw new ConnectionBrokenException();
        }

        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result,
        CancellationToken cancellationToken = default) =>
        IsWrite(command) && Interlocked.Decrement(ref _after) >= 0
            ? throw new ConnectionBrokenException()
            : ValueTask.FromResult(result);

    private static bool IsWrite(DbCommand command) =>
        !command.CommandText.StartsWith("SELECT", StringComparison.Ordinal);
}

/// <summary>The connection to the database broke.</summary>
internal sealed class ConnectionBrokenException() : Exception("The connection broke.");
