namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Everything inline, on the scheduler's one thread.</summary>
internal sealed class InstanceTasks(Instance instance) : BackgroundTasks
{
    public override TaskCreationOptions Continuations => TaskCreationOptions.None;

    /// <summary>How many operations are under way.</summary>
    public int Running { get; private set; }

    public override void Start(Func<Task> work)
    {
        Running++;
        instance.After(TimeSpan.Zero, () => _ = RunAsync());

        async Task RunAsync()
        {
            await work();
            Running--;
        }
    }

    public override void StartUnawaited(Func<Task> work) => instance.After(TimeSpan.Zero, () => _ = work());

    public override Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return call();
        }
        catch (Exception exception)
        {
            return Task.FromException<T>(exception);
        }
    }

    // .NET goes on with all but one of the waiters of a task on other threads; each of ours has a task of its own.
    public override Task Join(Task shared) => shared.ContinueWith(
        static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    public override Task<T> WaitAsync<T>(
        Task<T> shared, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        var own = shared.ContinueWith(
            static ended => ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default).Unwrap();
        return base.WaitAsync(own, limit, time, cancellationToken);
    }
}

/// <summary>Chance and ids from the seed.</summary>
internal sealed class InstanceJitter(Scheduler scheduler) : Jitter
{
    public override string NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        scheduler.Random.NextBytes(bytes);
        return Convert.ToHexString(bytes);
    }

    public override double Next() => scheduler.Random.NextDouble();
}
