namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One instance's way to the database: it takes time, it fails, it hangs, and it may fail or hang after the write took
/// effect, or before a write that takes effect late.
/// </summary>
internal sealed class InstanceStore(World world, Instance instance) : ITokenStore
{
    private IReadOnlyList<StoredConnection> _listedLast = [];

    private Scheduler Scheduler => world.Scheduler;

    public ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default) =>
        new(CallAsync(
        key.AccountId,
        () => world.Database.Find(key.ClientId, key.AccountId)?.Stored,
        found => world.Invariants.OnLooked(instance, key.AccountId, found)));

    public ValueTask<bool> TrySaveAsync(
        StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default)
    {
        world.Invariants.OnSaving(instance, connection);
        var calledAt = Scheduler.Now;
        return new(CallAsync(
            connection.AccountId,
            () =>
            {
                var saved = world.Database.TrySave(
                    connection, expectedVersion, world.Breakage == Breakage.SwapIsOverwrite, Scheduler.Now);
                if (saved is { } change)
                {
                    world.Trace($"{instance} writes {connection.AccountId} {Describe(change.After)}");
                    world.Invariants.OnSaved(instance, change.Before, change.After);
                }
                else
                {
                    world.Trace($"{instance} loses a swap of {connection.AccountId}");
                }

                return saved is not null;
            },
            saved =>
            {
                // A renewal that takes longer is not waited for.
                if (saved && Scheduler.Now - calledAt < TimeSpan.FromSeconds(2))
                {
                    instance.OnStoreWrote(connection.AccountId, calledAt);
                }
            },
            isWrite: true,
            isRenewal: IsRenewal(connection)));
    }

    public ValueTask<bool> TryDeleteAsync(
        ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) => new(CallAsync(
            key.AccountId,
            () =>
            {
                var deleted =
                    world.Database.TryDelete(key, expectedVersion, world.Breakage == Breakage.UnconditionalDelete);
                if (deleted is not null)
                {
                    world.Trace($"{instance} deletes {key.AccountId}");
                    world.Invariants.OnDeleted(instance, deleted);
                }

                return deleted is not null;
            },
            isWrite: true,
            isDelete: true));

    public async ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
        ConnectionQuery query, CancellationToken cancellationToken = default)
    {
        try
        {
            var listed = await CallAsync(null, () => world.Database.List(query));
            if (query.RecoveryDueAt is not null)
            {
                _listedLast = listed;

                // A refresh that runs looks by itself, later perhaps than what was listed.
                foreach (var row in listed.Where(row => !instance.IsRefreshing(row)))
                {
                    world.Invariants.OnLooked(instance, row.AccountId, row);
                }
            }

            return listed;
        }
        catch (IOException) when (query.RecoveryDueAt is not null)
        {
            world.Invariants.OnLookFailed(instance);
            if (world.Breakage == Breakage.FailedLookObserves)
            {
                return _listedLast;
            }

            throw;
        }
    }

    public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
        DateTimeOffset now, CancellationToken cancellationToken = default) =>
        new([]);

    private static string Describe(SharedDatabase.Row row) =>
        $"{World.Short(row.RefreshToken)} {row.Stored.Status} attempt {World.Short(row.State.Attempt?.Id ?? "none")} " +
        $"recover {row.State.RecoverAt - Scheduler.Epoch:c}";

    private bool IsRenewal(StoredConnection next)
    {
        if (world.Faults.RenewalFails == 0 || !world.FaultsAreOn)
        {
            return false;
        }

        var stored = world.Database.Find(next.ClientId, next.AccountId)?.State.Attempt;
        var attempt = ConnectionSerializer.ReadAttempt(next);
        return stored is not null && attempt?.Id == stored.Id && attempt.LeaseExpiresAt > stored.LeaseExpiresAt;
    }

    private Task<T> CallAsync<T>(
        string? accountId, Func<T> work, Action<T>? onResult = null, bool isWrite = false, bool isRenewal = false,
        bool isDelete = false)
    {
        var reply = new TaskCompletionSource<T>();
        var calledAt = Scheduler.Now;
        var fate = DrawFate(isWrite, isRenewal, isDelete);
        Scheduler.After(Latency(), () =>
        {
            // What a process sent before it was killed may still be carried out.
            if (!instance.IsAlive && Scheduler.Chance(0.5))
            {
                return;
            }

            var isDown = world.Database.IsDown || instance.IsCutOff;
            if (isDown || fate is Fate.Throw or Fate.Hang)
            {
                Fail(hangs: isDown ? world.Database.HangsWhenDown : fate == Fate.Hang);
                return;
            }

            if (fate == Fate.HangAndWorkLate)
            {
                Scheduler.After(Scheduler.Between(1, 40), () => work());
                Fail(hangs: true);
                return;
            }

            var result = work();
            if (fate is Fate.WorkAndThrow or Fate.WorkAndHang)
            {
                Fail(hangs: fate == Fate.WorkAndHang);
                return;
            }

            instance.After(Latency(), () =>
            {
                instance.OnStoreResponded(accountId);
                if (Scheduler.Now - calledAt > TimeSpan.FromSeconds(1))
                {
                    instance.CanLookAfter.Break(); // A final start may miss its moment by it.
                }

                onResult?.Invoke(result);
                reply.SetResult(result);
            });
        });
        return reply.Task;

        void Fail(bool hangs)
        {
            instance.OnStoreFailed(accountId);
            world.Trace($"{instance}'s call of the store {(hangs ? "hangs" : "fails")}");
            if (!hangs)
            {
                instance.After(Latency(), () => reply.SetException(new IOException("The database cannot be reached.")));
            }
        }
    }

    private Fate DrawFate(bool isWrite, bool isRenewal, bool isDelete)
    {
        if (!world.FaultsAreOn)
        {
            return Fate.Work;
        }

        var faults = world.Faults;
        if (isRenewal && Scheduler.Chance(faults.RenewalFails))
        {
            return Scheduler.OneOf(Fate.Throw, Fate.Hang, Fate.WorkAndThrow, Fate.WorkAndHang, Fate.HangAndWorkLate);
        }

        return Scheduler.Chance(faults.StoreThrows) ? Fate.Throw
            : isDelete && Scheduler.Chance(faults.StoreHangs * 5) ? Fate.HangAndWorkLate
            : Scheduler.Chance(faults.StoreHangs)
                ? (isWrite ? Scheduler.OneOf(Fate.Hang, Fate.WorkAndHang, Fate.HangAndWorkLate) : Fate.Hang)
            : isWrite && Scheduler.Chance(faults.StoreLies) ? Fate.WorkAndThrow
            : Fate.Work;
    }

    private TimeSpan Latency() => world.FaultsAreOn && Scheduler.Chance(world.Faults.StoreSlow)
        ? (Scheduler.Chance(0.2) ? Scheduler.Between(0.5, 2) : Scheduler.Between(0.02, 0.5))
        : Scheduler.Between(0.001, 0.01);

    private enum Fate
    {
        Work,
        Throw,
        Hang,
        WorkAndThrow,
        WorkAndHang,
        HangAndWorkLate,
    }
}
