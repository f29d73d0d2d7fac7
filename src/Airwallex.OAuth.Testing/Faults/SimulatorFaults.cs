namespace Airwallex.OAuth.Testing;

/// <summary>
/// The faults that a simulator shows, per endpoint. For each request the queue of <see cref="Next"/> comes first, then
/// the latest episode of <see cref="During(FaultTarget, TimeSpan, Fault)"/>, then <see cref="Randomly"/>, then
/// <see cref="Always"/>. Thread-safe.
/// </summary>
public sealed class SimulatorFaults
{
    private readonly TimeProvider _time;

    // Guards everything below.
    private readonly object _gate = new();
    private readonly List<(FaultTarget Target, Fault Fault, string? AccountId)> _queue = [];
    private readonly List<(FaultTarget Target, DateTimeOffset Until, Func<Fault> Draw)> _episodes = [];
    private readonly List<(FaultTarget Target, double Probability, Fault Fault, Random Random)> _random = [];
    private readonly Dictionary<FaultTarget, Fault> _always = [];

    internal SimulatorFaults(TimeProvider time) => _time = time;

    /// <summary>Applies a fault to the next requests of an endpoint. Calls queue up.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="times">To how many requests. Default 1.</param>
    /// <param name="accountId">
    /// Only to refreshes of this account; requests of others pass it by. Default: null, to any request. For
    /// <see cref="FaultTarget.Token"/> alone.
    /// </param>
    /// <exception cref="ArgumentException">An account is named for another endpoint than that of tokens.</exception>
    public void Next(FaultTarget target, Fault fault, int times = 1, string? accountId = null)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        if (accountId is not null && target != FaultTarget.Token)
        {
            throw new ArgumentException(
                $"A fault of {target} cannot be for one account: only refreshes can be told apart.", nameof(accountId));
        }

        lock (_gate)
        {
            _queue.AddRange(Enumerable.Repeat((target, fault, accountId), times));
        }
    }

    /// <summary>
    /// Applies a fault to every request that arrives from now on for a while: an outage, such as
    /// <c>During(FaultTarget.Token, TimeSpan.FromSeconds(50), Fault.DropResponseAfterRotating())</c>.
    /// </summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="duration">How long, on the simulator's clock.</param>
    /// <param name="fault">The fault.</param>
    public void During(FaultTarget target, TimeSpan duration, Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        Begin(target, duration, () => fault);
    }

    /// <summary>
    /// Draws a fault for every request that arrives from now on for a while: a brownout, such as
    /// <c>random => Fault.DelayResponse(TimeSpan.FromSeconds(random.Next(9, 50)))</c>.
    /// </summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="duration">How long, on the simulator's clock.</param>
    /// <param name="draw">Gives the fault of the next request. Called one at a time.</param>
    /// <param name="seed">Seeds the draw, so that it can be repeated.</param>
    public void During(FaultTarget target, TimeSpan duration, Func<Random, Fault> draw, int seed)
    {
        ArgumentNullException.ThrowIfNull(draw);
        var random = new Random(seed);
        Begin(target, duration, () => draw(random));
    }

    /// <summary>Applies a fault to every request of an endpoint until cleared. Replaces the one set before.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="fault">The fault.</param>
    public void Always(FaultTarget target, Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (_gate)
        {
            _always[target] = fault;
        }
    }

    /// <summary>
    /// Applies a fault to a random share of the requests of an endpoint until cleared. Several can be set; the first
    /// that is drawn counts.
    /// </summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="probability">The share, 0 to 1.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="seed">Seeds the draw, so that it can be repeated.</param>
    public void Randomly(FaultTarget target, double probability, Fault fault, int seed)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(probability, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(probability, 1);
        lock (_gate)
        {
            _random.Add((target, probability, fault, new Random(seed)));
        }
    }

    /// <summary>Takes all faults away. Requests that a delay holds already go on waiting.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _queue.Clear();
            _episodes.Clear();
            _random.Clear();
            _always.Clear();
        }
    }

    /// <summary>Takes the faults of one endpoint away. Requests that a delay holds already go on waiting.</summary>
    /// <param name="target">The endpoint.</param>
    public void Clear(FaultTarget target)
    {
        lock (_gate)
        {
            _queue.RemoveAll(item => item.Target == target);
            _episodes.RemoveAll(item => item.Target == target);
            _random.RemoveAll(item => item.Target == target);
            _always.Remove(target);
        }
    }

    internal Fault? Take(FaultTarget target, string? accountId = null)
    {
        lock (_gate)
        {
            return TakeQueued(target, accountId)
                ?? DrawFromEpisode(target)
                ?? _random.Find(item => item.Target == target && item.Random.NextDouble() < item.Probability).Fault
                ?? _always.GetValueOrDefault(target);
        }
    }

    private void Begin(FaultTarget target, TimeSpan duration, Func<Fault> draw)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        lock (_gate)
        {
            _episodes.Add((target, _time.GetUtcNow() + duration, draw));
        }
    }

    private Fault? TakeQueued(FaultTarget target, string? accountId)
    {
        var index = _queue.FindIndex(
            item => item.Target == target && (item.AccountId is null || item.AccountId == accountId));
        if (index < 0)
        {
            return null;
        }

        var fault = _queue[index].Fault;
        _queue.RemoveAt(index);
        return fault;
    }

    private Fault? DrawFromEpisode(FaultTarget target)
    {
        var now = _time.GetUtcNow();
        _episodes.RemoveAll(item => now >= item.Until);
        return _episodes.FindLast(item => item.Target == target).Draw?.Invoke();
    }
}
