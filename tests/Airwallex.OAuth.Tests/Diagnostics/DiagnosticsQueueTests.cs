namespace Airwallex.OAuth.Tests.Diagnostics;

public sealed class DiagnosticsQueueTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private int _dropped;

    [Fact]
    public async Task Calls_are_made_in_order_and_one_that_throws_does_not_end_the_rest()
    {
        var queue = Queue(1_000);
        var called = new List<int>();

        foreach (var number in Enumerable.Range(0, 500))
        {
            queue.Add(() =>
            {
                called.Add(number);
                if (number % 7 == 0)
                {
                    throw new InvalidOperationException("A listener that throws.");
                }
            });
        }

        Assert.True(await queue.FlushAsync(s_patience));
        Assert.Equal(Enumerable.Range(0, 500), called);
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task A_call_that_hangs_holds_up_neither_who_adds_nor_who_flushes()
    {
        using var released = new ManualResetEventSlim();
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var queue = Queue(10);
        var last = 0;

        queue.Add(() =>
        {
            hangs.SetResult();
            released.Wait();
        });
        await hangs.Task.WaitAsync(s_patience);
        for (var number = 1; number <= 50; number++)
        {
            var current = number;
            queue.Add(() => last = current);
        }

        Assert.False(await queue.FlushAsync(TimeSpan.FromMilliseconds(50)));
        Assert.Equal(40, _dropped);
        released.Set();
        Assert.True(await queue.FlushAsync(s_patience));
        Assert.Equal(10, last);
    }

    [Fact]
    public async Task A_queue_that_is_empty_is_flushed_at_once()
    {
        Assert.True(Queue(1).FlushAsync(TimeSpan.Zero).IsCompletedSuccessfully);
        Assert.True(await Queue(1).FlushAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task Calls_see_nothing_of_the_callers_context()
    {
        var queue = Queue(1);
        var local = new AsyncLocal<string?> { Value = "the caller's tenant" };
        string? seen = "not called";

        queue.Add(() => seen = local.Value);

        Assert.True(await queue.FlushAsync(s_patience));
        Assert.Null(seen);
    }

    [Fact]
    public async Task Many_who_add_at_once_lose_nothing()
    {
        var queue = Queue(100_000);
        var called = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var number = 0; number < 5_000; number++)
            {
                queue.Add(() => called++); // The queue makes one call at a time.
            }
        })));

        Assert.True(await queue.FlushAsync(s_patience));
        Assert.Equal(40_000, called);
    }

    private DiagnosticsQueue Queue(int capacity) => new(capacity, () => Interlocked.Increment(ref _dropped));
}
