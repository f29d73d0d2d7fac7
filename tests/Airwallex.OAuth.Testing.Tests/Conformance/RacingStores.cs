namespace Airwallex.OAuth.Testing.Tests.Conformance;

/// <summary>
/// Stores whose flaw shows in a race only. Those that race wait for each other at the worst place, so that the race
/// takes place on any machine.
/// </summary>
internal static class RacingStores
{
    public static FlawedStore CreatorsCheckThenWrite() => CheckThenWrite(expected => expected is null);

    public static FlawedStore WritersCheckThenWrite() => CheckThenWrite(expected => expected is not null);

    public static FlawedStore DeletionsCheckThenDelete()
    {
        var meeting = new Meeting();
        return new FlawedStore
        {
            Delete = (inner, key, expected) => CheckThenDeleteAsync(inner, key, expected, meeting.ArriveAsync),
        };
    }

    // The writer waits for a deletion that has checked, which waits for the write.
    public static FlawedStore DeletionChecksBeforeTheWriteAndDeletesAfterIt()
    {
        var check = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var write = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return new FlawedStore
        {
            Save = async (inner, connection, expected) =>
            {
                await (expected is null ? Task.CompletedTask : check.Task);
                var saved = await inner.TrySaveAsync(connection, expected);
                _ = expected is not null && write.TrySetResult();
                return saved;
            },
            Delete = (inner, key, expected) => CheckThenDeleteAsync(inner, key, expected, () =>
            {
                check.TrySetResult();
                return write.Task;
            }),
        };
    }

    public static FlawedStore LostSwapIsReportedAsWon()
    {
        var meeting = new Meeting();
        return new FlawedStore
        {
            Find = async (inner, key) =>
            {
                var found = await inner.FindAsync(key);
                await meeting.ArriveAsync();
                return found;
            },
            Save = async (inner, connection, expected) => await inner.TrySaveAsync(connection, expected) || true,
        };
    }

    public static FlawedStore OneWriterLocksTheOthersOut()
    {
        var meeting = new Meeting();
        var writers = 0;
        return new FlawedStore
        {
            Save = async (inner, connection, expected) =>
            {
                try
                {
                    var alone = Interlocked.Increment(ref writers) == 1;
                    await meeting.ArriveAsync();
                    return alone && await inner.TrySaveAsync(connection, expected);
                }
                finally
                {
                    Interlocked.Decrement(ref writers);
                }
            },
        };
    }

    private static FlawedStore CheckThenWrite(Func<string?, bool> races)
    {
        var meeting = new Meeting();
        return new FlawedStore
        {
            Save = async (inner, connection, expected) =>
            {
                if ((await inner.FindAsync(Flaws.KeyOf(connection)))?.Version != expected)
                {
                    return false;
                }

                if (races(expected))
                {
                    await meeting.ArriveAsync();
                }

                return await Flaws.OverwriteAsync(inner, connection, expected);
            },
        };
    }

    private static async ValueTask<bool> CheckThenDeleteAsync(
        ITokenStore inner, ConnectionKey key, string expected, Func<Task> race)
    {
        if ((await inner.FindAsync(key))?.Version != expected)
        {
            return false;
        }

        await race();
        return await inner.FindAsync(key) is not { } now || await inner.TryDeleteAsync(key, now.Version) || true;
    }

    // Holds the first until the second has arrived, and nobody from then on.
    private sealed class Meeting
    {
        private readonly TaskCompletionSource _two = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public Task ArriveAsync()
        {
            if (Interlocked.Increment(ref _arrived) == 2)
            {
                _two.SetResult();
            }

            return _two.Task;
        }
    }
}
