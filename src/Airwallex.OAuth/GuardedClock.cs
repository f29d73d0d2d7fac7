namespace Airwallex.OAuth;

/// <summary>The program's clock; where it throws, the system's. A response must not be lost to a clock.</summary>
internal sealed class GuardedClock(TimeProvider clock) : TimeProvider
{
    // Asked once: the unit of timestamps must not change.
    private readonly bool _isSound = IsSound(clock);

    /// <summary>Whether it is the system's own.</summary>
    public bool IsSystem { get; } = clock == System;

    /// <summary>
    /// Monotonic milliseconds, exact to about ten, at a quarter of the cost of a look at the clock. Only the system's
    /// clock has them: beside any other it is <see cref="long.MaxValue"/>, by when whatever has a limit is over.
    /// </summary>
    public long CoarseMilliseconds => IsSystem ? Environment.TickCount64 : long.MaxValue;

    /// <summary>The clock with a guard; one that has it already stays as it is.</summary>
    public static GuardedClock Around(TimeProvider clock) => clock as GuardedClock ?? new GuardedClock(clock);

    public override long TimestampFrequency => _isSound ? clock.TimestampFrequency : System.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow()
    {
        try
        {
            return clock.GetUtcNow();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return System.GetUtcNow();
        }
    }

    public override long GetTimestamp()
    {
        try
        {
            return _isSound ? clock.GetTimestamp() : System.GetTimestamp();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return System.GetTimestamp() * TimestampFrequency / System.TimestampFrequency;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        try
        {
            return clock.CreateTimer(callback, state, dueTime, period);
        }
        catch (Exception exception) when (exception is not (OutOfMemoryException or ArgumentException))
        {
            return System.CreateTimer(callback, state, dueTime, period);
        }
    }

    private static bool IsSound(TimeProvider clock)
    {
        try
        {
            return clock.TimestampFrequency > 0 && clock.GetTimestamp() is var _;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }
}
