namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// A machine's clock: monotonic time is everybody's, the time of day is off by a skew that may change. Its timers fire
/// as events of the machine.
/// </summary>
internal sealed class VirtualClock(Scheduler scheduler, Action<TimeSpan, Action>? postToMachine = null) : TimeProvider
{
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Scheduler.Epoch + scheduler.Now + Skew;

    public override long GetTimestamp() => scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(postToMachine ?? scheduler.After, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class VirtualTimer(Action<TimeSpan, Action> post, TimerCallback callback, object? state) : ITimer
    {
        private int _generation;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var generation = ++_generation;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                post(dueTime, () => Fire(generation, period));
            }

            return true;
        }

        public void Dispose() => _generation++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int generation, TimeSpan period)
        {
            if (generation != _generation)
            {
                return;
            }

            if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
            {
                post(period, () => Fire(generation, period));
            }

            callback(state);
        }
    }
}
