using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// Several instances, one store, Airwallex and a run of bad luck, on virtual time: what must always hold, holds for
/// every seed.
/// </summary>
/// <remarks>
/// <c>AIRWALLEX_SIMULATION_SEEDS</c> runs others: a number of seeds ("100000") or a range ("2000000-2999999"). A single
/// seed ("4711-4711") prints all that happened in it.
/// </remarks>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int SeedsByDefault = 2000;

    [Fact]
    public void Every_seed_keeps_the_invariants()
    {
        var (first, last) = Seeds();
        var watch = Stopwatch.StartNew();
        var steps = 0L;
        var refreshes = 0L;
        var failures = new ConcurrentQueue<(int Seed, string Violation)>();
        var table = new LossTable();
        ForEachSeed(first, last, seed =>
        {
            var world = new World(seed, Breakage.None);
            if (world.Run() is { } violation)
            {
                failures.Enqueue((seed, violation));
            }

            Interlocked.Add(ref steps, world.Scheduler.Steps);
            Interlocked.Add(ref refreshes, world.Ledger.Refreshes);
            table.Add(world);
            return failures.Count < 10;
        });

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{last - first + 1} seeds ({first} to {last}), {steps} steps, {refreshes} refreshes, {failures.Count} " +
            $"violations, {watch.Elapsed.TotalSeconds:0.0} s"));
        output.WriteLine(table.ToString());
        foreach (var (seed, violation) in failures.OrderBy(failure => failure.Seed))
        {
            output.WriteLine($"AIRWALLEX_SIMULATION_SEEDS={seed}-{seed}: {violation}");
        }

        if (first == last || !failures.IsEmpty)
        {
            var one = failures.IsEmpty ? first : failures.Min().Seed;
            output.WriteLine($"Seed {one}, step by step:");
            output.WriteLine(string.Join(Environment.NewLine, Replay(one, Breakage.None)));
        }

        Assert.Empty(failures);
    }

    [Fact]
    public void A_seed_replays_identically()
    {
        foreach (var seed in new[] { 1, 2, 3, 4, 5, 1001, 1002 })
        {
            Assert.Equal(Replay(seed, Breakage.None), Replay(seed, Breakage.None));
        }
    }

    public static TheoryData<Breakage> Breakages =>
        [.. Enum.GetValues<Breakage>().Where(one => one != Breakage.None)];

    [Theory]
    [MemberData(nameof(Breakages))]
    public void A_broken_protocol_is_noticed(Breakage breakage)
    {
        var noticed = new ConcurrentQueue<(int Seed, string Violation)>();
        var tried = 0;
        ForEachSeed(1, SeedsByDefault, seed =>
        {
            Interlocked.Increment(ref tried);
            if (new World(seed, breakage).Run() is { } violation)
            {
                noticed.Enqueue((seed, violation));
            }

            return noticed.IsEmpty;
        });

        Assert.False(noticed.IsEmpty, $"{breakage} went unnoticed in {tried} seeds.");
        var (bySeed, how) = noticed.Min();
        output.WriteLine($"{breakage}: noticed by seed {bySeed} of {tried} tried: {how}");
    }

    private static IEnumerable<string> Replay(int seed, Breakage breakage)
    {
        IEnumerable<string> steps = [];
        ForEachSeed(seed, seed, one =>
        {
            var world = new World(one, breakage, trace: true);
            world.Run();
            steps = world.LastSteps;
            return true;
        });
        return steps;
    }

    /// <summary>
    /// On plain threads of their own, one for each core: no synchronization context and no task scheduler but the
    /// default, so that every continuation runs where its event completed it.
    /// </summary>
    private static void ForEachSeed(int first, int last, Func<int, bool> run)
    {
        var next = first - 1;
        var goesOn = true;
        Exception? failure = null;
        var threads = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, last - first + 1))
            .Select(_ => new Thread(Work, 16 * 1024 * 1024)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failure is not null)
        {
            throw new InvalidOperationException("A run of the simulation itself failed.", failure);
        }

        void Work()
        {
            int seed;
            while (Volatile.Read(ref goesOn) && (seed = Interlocked.Increment(ref next)) <= last)
            {
                try
                {
                    if (!run(seed))
                    {
                        Volatile.Write(ref goesOn, false);
                    }
                }
                catch (Exception exception)
                {
                    failure = new InvalidOperationException($"Seed {seed}", exception);
                    Volatile.Write(ref goesOn, false);
                }
            }
        }
    }

    private static (int First, int Last) Seeds()
    {
        var seeds = Environment.GetEnvironmentVariable("AIRWALLEX_SIMULATION_SEEDS");
        if (string.IsNullOrWhiteSpace(seeds))
        {
            return (1, SeedsByDefault);
        }

        var bounds = seeds.Split('-').Select(bound => int.Parse(bound, NumberStyles.None, CultureInfo.InvariantCulture))
            .ToArray();
        return bounds.Length == 1 ? (1, bounds[0]) : (bounds[0], bounds[1]);
    }
}
