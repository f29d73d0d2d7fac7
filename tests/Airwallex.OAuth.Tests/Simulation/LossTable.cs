using System.Globalization;
using System.Text;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Where the rules still allow a loss, and how often, by kind of trouble. Thread-safe.</summary>
internal sealed class LossTable
{
    private readonly Dictionary<Trouble, (int Seeds, long Refreshes, long Losses, long Steps)> _byTrouble = [];

    public void Add(World world)
    {
        if (world.IsGentle)
        {
            return;
        }

        lock (_byTrouble)
        {
            var (seeds, refreshes, losses, steps) = _byTrouble.GetValueOrDefault(world.Trouble);
            _byTrouble[world.Trouble] =
                (seeds + 1, refreshes + world.Ledger.Refreshes, losses + world.Losses, steps + world.Scheduler.Steps);
        }
    }

    public override string ToString()
    {
        var text =
            new StringBuilder(
                "| trouble | seeds | steps a seed | refreshes | losses | losses per million refreshes " +
                "|\n|---|---|---|---|---|---|\n");
        foreach (var (trouble, (seeds, refreshes, losses, steps)) in _byTrouble.OrderBy(pair => pair.Key))
        {
            text.AppendLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {trouble} | {seeds} | {steps / seeds} | {refreshes} | {losses} | " +
                $"{losses * 1_000_000.0 / Math.Max(1, refreshes):0} |"));
        }

        return text.ToString();
    }
}
