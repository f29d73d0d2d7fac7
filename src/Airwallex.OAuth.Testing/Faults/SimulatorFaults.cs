namespace Airwallex.OAuth.Testing;

/// <summary>
/// The faults a simulator is to show, per endpoint. For each request the queue of <see cref="Next"/> comes first, then
/// <see cref="Randomly"/>, then <see cref="Always"/>. Thread-safe.
/// </summary>
public sealed class SimulatorFaults
{
    // Guards everything below.
    private readonly object _gate = new();
    private readonly List<(FaultTarget Target, Fault Fault)> _queue = [];
    private readonly List<(FaultTarget Target, double Probability, Fault Fault, Random Random)> _random = [];
    private readonly Dictionary<FaultTarget, Fault> _always = [];

    internal SimulatorFaults() { }

    /// <summary>Applies a fault to the next requests of an endpoint. Calls queue up.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="fault">The fault.</param>
    /// <param name="times">To how many requests. Default 1.</param>
    public void Next(FaultTarget target, Fault fault, int times = 1)
    {
        ArgumentNullException.ThrowIfNull(fault);
        ArgumentOutOfRangeException.ThrowIfLessThan(times, 1);
        lock (_gate)
        {
            _queue.AddRange(Enumerable.Repeat((target, fault), times));
        }
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
    /// Applies a fault to a random share of the requests of an endpoint until cleared. Several can be set; the first that
    /// is drawn counts.
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

    /// <summary>Takes all faults away.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _queue.Clear();
            _random.Clear();
            _always.Clear();
        }
    }

    /// <summary>Takes the faults of one endpoint away.</summary>
    /// <param name="target">The endpoint.</param>
    public void Clear(FaultTarget target)
    {
        lock (_gate)
        {
            _queue.RemoveAll(item => item.Target == target);
            _random.RemoveAll(item => item.Target == target);
            _always.Remove(target);
        }
    }

    internal Fault? Take(FaultTarget target)
    {
        lock (_gate)
        {
            var queued = _queue.FindIndex(item => item.Target == target);
            if (queued >= 0)
            {
                var fault = _queue[queued].Fault;
                _queue.RemoveAt(queued);
                return fault;
            }
            foreach (var item in _random)
            {
                if (item.Target == target && item.Random.NextDouble() < item.Probability)
                {
                    return item.Fault;
                }
            }
            return _always.GetValueOrDefault(target);
        }
    }
}
