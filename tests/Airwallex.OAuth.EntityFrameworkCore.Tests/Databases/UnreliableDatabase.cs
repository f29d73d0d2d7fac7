using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// A database whose statements fail at random, before they take effect and after: they throw, lose the connection, hang
/// until they are canceled, or take two seconds whether or not they are.
/// </summary>
internal sealed class UnreliableDatabase : DbCommandInterceptor, ISaveChangesInterceptor
{
    public ConcurrentDictionary<string, int> Faults { get; } = new();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        await MayFailAsync("before", command.Connection!, cancellationToken);
        return result;
    }

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result,
        CancellationToken cancellationToken = default)
    {
        // SQLite commits a write when its reader is closed: a write that hangs here would lock out all instances, which
        // is no fault of one statement.
        if (eventData.CommandSource == CommandSource.SaveChanges)
        {
            return result;
        }

        try
        {
            await MayFailAsync("after", command.Connection!, cancellationToken);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            throw;
        }
    }

    public async ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await MayFailAsync("after", eventData.Context!.Database.GetDbConnection(), cancellationToken);
        return result;
    }

    private async Task MayFailAsync(string when, DbConnection connection, CancellationToken cancellationToken)
    {
        switch (Random.Shared.Next(70))
        {
            case 0:
                Count($"threw {when}");
                throw new ConnectionBrokenException();
            case 1:
                Count($"lost the connection {when}");
                await connection.CloseAsync();
                throw new ConnectionBrokenException();
            case 2:
                Count($"hung {when}");
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                break;
            case 3:
                Count($"was slow {when}");
                await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, CancellationToken.None);
                break;
        }
    }

    private void Count(string fault) => Faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
}
