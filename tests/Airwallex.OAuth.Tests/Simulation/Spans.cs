namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>The spans of time in which something was so, each without a break.</summary>
internal sealed class Spans(Scheduler scheduler)
{
    private readonly List<(TimeSpan From, TimeSpan To)> _past = [];

    /// <summary>Since when it is so, without a break; null when it is not.</summary>
    public TimeSpan? Since { get; private set; }

    public IEnumerable<(TimeSpan From, TimeSpan To)> All =>
        Since is { } since ? _past.Append((since, TimeSpan.MaxValue)) : _past;

    public void Set(bool isSo)
    {
        if (isSo)
        {
            Since ??= scheduler.Now;
        }
        else
        {
            Break();
            Since = null;
        }
    }

    public void Break()
    {
        if (Since is { } since)
        {
            if (since < scheduler.Now)
            {
                _past.Add((since, scheduler.Now));
            }

            Since = scheduler.Now;
        }
    }

    /// <summary>Whether one of them lasted so long between the two moments.</summary>
    public bool Contain(TimeSpan length, TimeSpan from, TimeSpan to) => All.Any(span =>
        (span.To < to ? span.To : to) - (span.From > from ? span.From : from) > length);
}
