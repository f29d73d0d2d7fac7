namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Time, chance and threads of one simulated instance: all from the scheduler.</summary>
internal sealed class VirtualRuntime(Scheduler scheduler, VirtualClock clock, Action<TimeSpan, Action> post) : RefreshRuntime(clock)
{
    public override TaskCreationOptions Continuations => TaskCreationOptions.None;

    public override Guid NewId()
    {
        var bytes = new byte[16];
        scheduler.Random.NextBytes(bytes);
        return new Guid(bytes);
    }

    public override void Start(Func<Task> work) => post(TimeSpan.Zero, () => _ = work());

    protected override double Chance() => scheduler.Random.NextDouble();
}
