namespace ConnectPortal.Simulation;

/// <summary>
/// The system's clock, which the trouble panel can put forward: days pass in a click. Timers run at their usual pace.
/// </summary>
public sealed class PortalClock : TimeProvider
{
    private long _aheadTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));

    public void Advance(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(time.Ticks);
        Interlocked.Add(ref _aheadTicks, time.Ticks);
    }
}
