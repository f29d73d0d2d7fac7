namespace Quickstart;

/// <summary>The system's clock, which can be put forward: five minutes pass at once, short delays take time.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _aheadTicks;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _aheadTicks));

    public void Advance(TimeSpan time) => Interlocked.Add(ref _aheadTicks, time.Ticks);
}
