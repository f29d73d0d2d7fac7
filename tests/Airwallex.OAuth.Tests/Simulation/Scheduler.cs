namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// Virtual time and the one queue of everything that is going to happen. Single-threaded: whatever completes, completes
/// inside an event, so that the seed alone decides the order of things.
/// </summary>
internal sealed class Scheduler(int seed)
{
    public static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const long MostSteps = 5_000_000;

    private readonly PriorityQueue<Action, (long Ticks, long Sequence)> _events = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _sequence;

    public Random Random { get; } = new(seed);

    public TimeSpan Now { get; private set; }

    public long Steps { get; private set; }

    /// <summary>Where something left the one thread; null, as it should be, when nothing did.</summary>
    public string? Escaped { get; private set; }

    public void At(TimeSpan when, Action action)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Whatever runs elsewhere is beyond the seed's control, and the run proves nothing.
            Escaped ??= Environment.StackTrace;
            return;
        }

        _events.Enqueue(action, (Math.Max(when.Ticks, Now.Ticks), _sequence++));
    }

    public void After(TimeSpan delay, Action action) => At(Now + delay, action);

    /// <summary>Runs everything that happens until then, checking after every step.</summary>
    public void RunUntil(TimeSpan end, Func<bool> goesOn)
    {
        while (goesOn() && _events.TryPeek(out var action, out var due) && due.Ticks <= end.Ticks)
        {
            _events.Dequeue();
            Now = TimeSpan.FromTicks(due.Ticks);
            if (++Steps > MostSteps)
            {
                throw new InvalidOperationException("The run does not come to an end.");
            }

            action();
        }

        Now = end;
    }

    public bool Chance(double probability) => probability > 0 && Random.NextDouble() < probability;

    public TimeSpan Between(double leastSeconds, double mostSeconds) =>
        TimeSpan.FromSeconds(leastSeconds + (mostSeconds - leastSeconds) * Random.NextDouble());

    public T OneOf<T>(params ReadOnlySpan<T> choices) => choices[Random.Next(choices.Length)];
}
