using System.Runtime.CompilerServices;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>One instance's way to the database: it takes time, it fails, and it may fail after the write took effect.</summary>
internal sealed class InstanceStore(World world, Instance instance) : ITokenStore
{
    public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default) =>
        new(CallAsync(() => world.Database.Find(accountId), isWrite: false));

    public ValueTask<bool> TrySaveAsync(AirwallexConnection connection, CancellationToken cancellationToken = default) =>
        new(CallAsync(
            () =>
            {
                var saved = world.Database.TrySave(connection, overwrite: world.Breakage == Breakage.SwapIsOverwrite);
                world.Trace(
                    $"{instance} saves {connection.AccountId} v{connection.Version}, {connection.Tokens.RefreshToken[..6]}, {connection.Status}, note {connection.PendingRefresh is not null}: {saved}");
                return saved;
            },
            isWrite: true));

    public ValueTask DeleteAsync(string accountId, CancellationToken cancellationToken = default) =>
        new(CallAsync(
            () =>
            {
                world.Database.Delete(accountId);
                return true;
            },
            isWrite: true));

    public async IAsyncEnumerable<AirwallexConnection> ListAsync(
        ConnectionFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var connection in await CallAsync(() => world.Database.Rows.Where(filter.Matches).ToArray(), isWrite: false).ConfigureAwait(false))
        {
            yield return connection;
        }
    }

    private Task<T> CallAsync<T>(Func<T> work, bool isWrite)
    {
        var reply = new TaskCompletionSource<T>();
        var scheduler = world.Scheduler;
        var faulty = world.FaultsAreOn;
        world.Scheduler.After(Latency(), () =>
        {
            // What a process sent before it was killed may still be carried out.
            if (!instance.IsAlive && scheduler.Chance(0.5))
            {
                return;
            }

            if (world.Database.IsDown || instance.IsCutOff || (faulty && scheduler.Chance(world.Faults.StoreThrows)))
            {
                instance.After(Latency(), () => reply.SetException(new IOException("The database cannot be reached.")));
                return;
            }

            var result = work();
            if (isWrite && faulty && scheduler.Chance(world.Faults.StoreLies))
            {
                world.Trace($"{instance} is told that the write failed, which took effect");
                instance.After(Latency(), () => reply.SetException(new IOException("The connection broke before the answer.")));
                return;
            }

            instance.After(Latency(), () => reply.SetResult(result));
        });
        return reply.Task;

        TimeSpan Latency() => world.FaultsAreOn && scheduler.Chance(world.Faults.StoreSlow) ? scheduler.Between(0.02, 1.5) : scheduler.Between(0.001, 0.02);
    }
}
