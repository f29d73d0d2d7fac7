namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Time, chance and threads of one simulated instance: all from the scheduler.</summary>
internal sealed class VirtualRuntime(Scheduler scheduler, VirtualClock clock, Action<TimeSpan, Action> post) : RefreshRuntime(clock)
{
    public override TaskCreationOptions Continuations => TaskCreationOptions.None;

    // .NET goes on with all but one of the waiters of a task on other threads; each of ours has a task of its own.
    public override Task<T> Join<T>(Task<T> shared) => shared.ContinueWith(
        static ended => ended, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Unwrap();

    public override Guid NewId()
    {
        var bytes = new byte[16];
        scheduler.Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    public override void Start(Func<Task> work) => post(TimeSpan.Zero, () => _ = work());

    protected override double Chance() => scheduler.Random.NextDouble();
}
