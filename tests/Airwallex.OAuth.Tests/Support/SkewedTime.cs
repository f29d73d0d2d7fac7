namespace Airwallex.OAuth.Tests.Support;

/// <summary>The clock of a machine that is ahead of the others, or behind.</summary>
internal sealed class SkewedTime(TimeProvider time, TimeSpan ahead) : TimeProvider
{
    public override long TimestampFrequency => time.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + ahead;

    public override long GetTimestamp() => time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.CreateTimer(callback, state, dueTime, period);
}
