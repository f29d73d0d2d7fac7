namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What goes wrong, and when: episodes of trouble, and single blows in them.</summary>
internal sealed class Misfortunes(World world)
{
    private readonly List<(TimeSpan From, TimeSpan To)> _episodes = [];

    private Scheduler Scheduler => world.Scheduler;

    public bool AreOn => Current is not null;

    private (TimeSpan From, TimeSpan To)? Current
    {
        get
        {
            foreach (var episode in _episodes)
            {
                if (episode.From <= Scheduler.Now && Scheduler.Now < episode.To)
                {
                    return episode;
                }
            }

            return null;
        }
    }

    public void Plan()
    {
        DrawEpisodes();
        foreach (var (from, to) in _episodes)
        {
            Scheduler.At(from, () => Begin(to - Scheduler.Now));
        }

        for (var blows = Scheduler.Random.Next(12); blows > 0; blows--)
        {
            Scheduler.At(AnyMoment(), Strike);
        }
    }

    /// <summary>Most of what matters happens while something is wrong.</summary>
    public TimeSpan AnyMoment()
    {
        if (Scheduler.Chance(0.3))
        {
            return Scheduler.Between(2, World.TroublesEnd.TotalSeconds);
        }

        var (from, to) = _episodes[Scheduler.Random.Next(_episodes.Count)];
        return Scheduler.Between(from.TotalSeconds - 1, to.TotalSeconds);
    }

    public void End()
    {
        world.Trace($"all troubles end");
        (world.Database.IsDown, world.EndpointIsDown, world.ResponsesAreLost, world.IsBrownout) =
            (false, false, false, false);
        foreach (var instance in world.Instances)
        {
            (instance.IsCutOff, instance.HasKeys, instance.Options) = (false, true, world.Options);
            instance.NoteAbility();
        }

        if (world.Instances.Count == 0)
        {
            world.StartInstance();
        }
    }

    private void DrawEpisodes()
    {
        var (longest, shortest, calm) = (world.IsGentle, world.Trouble) switch
        {
            (true, _) => (7.0, 1.0, 95.0),
            (_, Trouble.Outage) => (50.0, 5.0, 80.0),
            (_, Trouble.Brownout) => (200.0, 60.0, 60.0),
            (_, Trouble.CrashStorm) => (200.0, 20.0, 60.0),
            (_, Trouble.Flood) => (10.0, 2.0, 120.0),
            _ => (398.0, 398.0, 10.0),
        };
        for (var at = Scheduler.Between(2, longest > 300 ? 2.1 : 30); at < World.TroublesEnd;)
        {
            var end = at + Scheduler.Between(shortest, longest);
            end = end < World.TroublesEnd ? end : World.TroublesEnd;
            _episodes.Add((at, end));
            at = end + Scheduler.Between(calm * 0.8, calm * 1.2);
        }
    }

    private void Begin(TimeSpan length)
    {
        switch (world.Trouble)
        {
            case Trouble.Outage or Trouble.Flood:
                During(length, "every response is lost", on => world.ResponsesAreLost = on);
                break;
            case Trouble.Brownout:
                During(length, "a brownout begins", on => world.IsBrownout = on);
                break;
            case Trouble.CrashStorm:
                CrashAgainAndAgain(Scheduler.Now + length);
                break;
        }

        if (world.Trouble == Trouble.Flood)
        {
            foreach (var account in world.Accounts)
            {
                world.Customers.Call(world.AnyInstance(), account, forced: true);
            }
        }
    }

    private void Strike()
    {
        // Gentle troubles end with their episode.
        if (Current is not { } episode)
        {
            return;
        }

        var left = episode.To - Scheduler.Now;
        var length = world.IsGentle ? left * Scheduler.Random.NextDouble()
            : Scheduler.Between(1, 150) * Scheduler.Random.NextDouble();
        var victim = world.AnyInstance();
        switch (world.Trouble, Scheduler.Random.Next(100))
        {
            case (Trouble.Store, < 60) or (Trouble.Everything, < 7):
                world.Database.HangsWhenDown = Scheduler.Chance(0.4);
                During(length, "the database goes down", on => world.Database.IsDown = on);
                break;
            case (Trouble.CutOff, < 70) or (Trouble.Everything, < 14) when victim is not null:
                During(length, $"{victim} is cut off from the database", on => victim.IsCutOff = on);
                break;
            case (Trouble.Configuration, < 35) or (Trouble.Everything, < 18) when victim is not null:
                During(length, $"{victim} has another client's credentials", on => victim.Options = on
                    ? world.OtherOptions : world.Options);
                break;
            case (Trouble.Configuration, < 60) when victim is not null && world.UsesKeys:
                During(length, $"{victim} is without keys", on => victim.HasKeys = !on);
                break;
            case (Trouble.Customers, < 60):
                world.Customers.DoSomething();
                break;
            case (Trouble.Everything, < 25) or (Trouble.BadNetwork, < 30):
                During(length, "the endpoint goes down", on => world.EndpointIsDown = on);
                break;
            case (Trouble.Everything, < 30):
                During(length, "a brownout begins", on => world.IsBrownout = on);
                break;
            case (Trouble.Everything, < 35):
                During(Shorter(length, TimeSpan.FromSeconds(50)), "every response is lost",
                    on => world.ResponsesAreLost = on);
                break;
            case (_, < 75) when victim is not null:
                Crash(victim, length);
                break;
            case (_, < 88) when victim is not null:
                // Shorter than what the margin of the lease leaves beside the difference of the clocks.
                var most =
                    5.8 - world.Instances.Max(one => Math.Abs((one.Clock.Skew - victim.Clock.Skew).TotalSeconds));
                victim.Stall(Scheduler.Between(0, Math.Max(0, most)));
                break;
            case (_, < 92) when victim is not null && victim.StalledUntil < Scheduler.Now:
                victim.StepClock(Scheduler.Between(0, 5));
                world.Trace($"the clock of {victim} steps to {victim.Clock.Skew.TotalSeconds:0.0} s");
                break;
            default:
                world.Customers.DoSomething();
                break;
        }
    }

    private void Crash(Instance victim, TimeSpan downtime)
    {
        world.Trace($"{victim} crashes");
        world.Instances.Remove(victim);
        victim.Crash();
        Scheduler.After(downtime, () => world.StartInstance());
    }

    private void CrashAgainAndAgain(TimeSpan until)
    {
        foreach (var instance in world.Instances.ToList())
        {
            CrashLater(instance);
        }

        void CrashLater(Instance instance) => Scheduler.After(Scheduler.Between(1, 5), () =>
        {
            if (Scheduler.Now >= until || !instance.IsAlive)
            {
                return;
            }

            world.Trace($"{instance} crashes");
            world.Instances.Remove(instance);
            instance.Crash();
            Scheduler.After(Scheduler.Between(0, 0.5), () => CrashLater(world.StartInstance()));
        });
    }

    private void During(TimeSpan length, string what, Action<bool> turn)
    {
        world.Trace($"{what}, for {length.TotalSeconds:0.0} s");
        Turn(true);
        Scheduler.After(length, () => Turn(false));

        void Turn(bool on)
        {
            turn(on);
            foreach (var instance in world.Instances)
            {
                instance.NoteAbility();
            }
        }
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
