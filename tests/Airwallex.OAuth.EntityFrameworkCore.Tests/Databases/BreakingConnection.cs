using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>A write takes effect, and then the connection breaks before its answer arrives; as often as told.</summary>
internal sealed class BreakingConnection : DbCommandInterceptor
{
    private int _breaks;

    public void BreakAfterNextWrites(int times) => Volatile.Write(ref _breaks, times);

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result, CancellationToken cancellationToken = default)
    {
        if (IsWrite(command) && TakeBreak())
        {
            await result.DisposeAsync();
            throw new ConnectionBrokenException();
        }

        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default) =>
        IsWrite(command) && TakeBreak() ? throw new ConnectionBrokenException() : ValueTask.FromResult(result);

    private static bool IsWrite(DbCommand command) => !command.CommandText.StartsWith("SELECT", StringComparison.Ordinal);

    private bool TakeBreak() => Interlocked.Decrement(ref _breaks) >= 0;

    /// <summary>What a provider's EnableRetryOnFailure sets up, for the breaks above and without its pauses.</summary>
    public sealed class RetryingStrategy(ExecutionStrategyDependencies dependencies)
        : ExecutionStrategy(dependencies, maxRetryCount: 3, maxRetryDelay: TimeSpan.Zero)
    {
        protected override bool ShouldRetryOn(Exception exception) => exception is ConnectionBrokenException;

        protected override TimeSpan? GetNextDelay(Exception lastException) => base.GetNextDelay(lastException) is null ? null : TimeSpan.Zero;
    }
}

/// <summary>The connection to the database broke.</summary>
internal sealed class ConnectionBrokenException() : Exception("The connection broke.");
