using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Support;

/// <summary>
/// Moves a fake clock only while nothing runs: between two steps the thread pool comes to rest, so that no test depends
/// on how fast the machine is. Its tests run one at a time, because a neighbour's work would keep the pool busy.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class VirtualTime : ICollectionFixture<VirtualTime.RunnersThreads>
{
    public const string Name = "Virtual time";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Threads of the pool that the test runner blocks for good: as many as stay at work while nothing gets done.
    /// </summary>
    private static int _blocked;

    /// <summary>Counts the blocked threads once, while no test runs.</summary>
    public sealed class RunnersThreads : IAsyncLifetime
    {
        public Task InitializeAsync() => OnOwnThreadAsync(() =>
        {
            Thread.Sleep(30);
            _blocked = ThreadsAtWork();
        });

        public Task DisposeAsync() => Task.CompletedTask;
    }

    internal static Task AdvanceAsync(FakeTimeProvider time, TimeSpan atMost, TimeSpan step, Func<bool> until) =>
        OnOwnThreadAsync(() =>
    {
        for (var passed = TimeSpan.Zero; ; passed += step)
        {
            Settle();
            if (until() || passed >= atMost)
            {
                return;
            }

            time.Advance(step);
        }
    });

    internal static Task SettleAsync() => OnOwnThreadAsync(Settle);

    // A thread of its own: one of the pool's would count itself among those at work.
    private static Task OnOwnThreadAsync(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static void Settle()
    {
        var since = Stopwatch.GetTimestamp();
        var (lastDone, lastAtWork, unchangedSince) = (-1L, -1, since);
        for (var calm = 0; calm < 3;)
        {
            var (done, atWork) = (ThreadPool.CompletedWorkItemCount, ThreadsAtWork());
            if (done != lastDone || atWork != lastAtWork || ThreadPool.PendingWorkItemCount > 0)
            {
                (lastDone, lastAtWork, unchangedSince) = (done, atWork, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(unchangedSince) > Standstill)
            {
                _blocked = atWork;
            }

            _blocked = Math.Min(_blocked, atWork);
            calm = IsAtRest() ? calm + 1 : 0;
            Thread.Yield();
            if (Stopwatch.GetElapsedTime(since) > Patience)
            {
                throw new TimeoutException("The thread pool does not come to rest.");
            }
        }
    }

    // In this order: work that is running may queue more, but work that is queued makes a thread count as working at
    // once.
    private static bool IsAtRest() =>
        ThreadPool.PendingWorkItemCount == 0 && ThreadsAtWork() <= _blocked && ThreadPool.PendingWorkItemCount == 0;

    private static int ThreadsAtWork()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var idle, out _);
        return most - idle;
    }
}
