using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

/// <summary>
/// A database whose statements fail at random, before they take effect and after: they throw, lose the connection, hang
/// until they are canceled, or take two seconds whether or not they are.
/// </summary>
internal sealed class UnreliableDatabase : DbCommandInterceptor
{
    public ConcurrentDictionary<string, int> Faults { get; } = new();

    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        await MayFailAsync("before", command, cancellationToken);
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        await MayFailAsync("before", command, cancellationToken);
        return result;
    }

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result,
        CancellationToken cancellationToken = default)
    {
        try
        {
            await MayFailAsync("after", command, cancellationToken);
            return result;
        }
        catch
        {
            await result.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result,
        CancellationToken cancellationToken = default)
    {
        await MayFailAsync("after", command, cancellationToken);
        return result;
    }

    private async Task MayFailAsync(string when, DbCommand command, CancellationToken cancellationToken)
    {
        switch (Random.Shared.Next(70))
        {
            case 0:
                Count($"threw {when}");
                throw new ConnectionBrokenException();
            case 1:
                Count($"lost the connection {when}");
                await command.Connection!.CloseAsync();
                break;
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
