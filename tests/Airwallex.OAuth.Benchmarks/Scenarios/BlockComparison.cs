using System.Globalization;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>Compares blocks of requests with refreshes with their neighbours without.</summary>
/// <param name="name">The client.</param>
/// <param name="without">Measures a block without refreshes.</param>
/// <param name="with">Measures a block with refreshes.</param>
internal sealed class BlockComparison(string name, Func<Task<Block>> without, Func<Task<Block>> with)
{
    private readonly List<Block> _without = [];
    private readonly List<Block> _with = [];

    // The order alternates: what a block leaves behind falls on both.
    public async Task RunPairAsync(bool withFirst)
    {
        var first = await (withFirst ? with() : without());
        var second = await (withFirst ? without() : with());
        _with.Add(withFirst ? first : second);
        _without.Add(withFirst ? second : first);
    }

    public void Clear()
    {
        _without.Clear();
        _with.Clear();
    }

    public void PrintBlocks()
    {
        Print("without", _without);
        Print("with", _with);

        void Print(string kind, List<Block> blocks) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} {kind} refreshes | {Median(blocks, one => one.Refreshes):0} | " +
            $"{Median(blocks, one => one.P50):0.00} µs | {Median(blocks, one => one.P99):0.00} µs | " +
            $"{Median(blocks, one => one.P999):0.00} µs | {Median(blocks, one => one.Longest):0} µs |"));
    }

    public void PrintRatios()
    {
        double[] ratios = [.. _with.Zip(_without, static (with, without) => with.P999 / without.P999).Order()];

        // Each ratio is above the true median with a chance of one half, whatever the noise is like. So the sign test
        // gives the interval, by the normal approximation of the binomial distribution.
        var outside = Math.Max(1, (int)((ratios.Length - 1.96 * Math.Sqrt(ratios.Length)) / 2));
        var (low, high) = (ratios[outside - 1], ratios[^outside]);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Block.At(ratios, 0.5):0.00} | {low:0.00} to {high:0.00} | " +
            $"{Block.At(ratios, 0.25):0.00} to {Block.At(ratios, 0.75):0.00} |"));
    }

    private static double Median(List<Block> blocks, Func<Block, double> value) =>
        Block.At([.. blocks.Select(value).Order()], 0.5);
}

/// <summary>How long the requests of one block took, in µs.</summary>
/// <param name="Refreshes">How often the endpoint was asked.</param>
/// <param name="P50">The median.</param>
/// <param name="P99">All but a hundredth took no longer.</param>
/// <param name="P999">All but a thousandth took no longer.</param>
/// <param name="Longest">The slowest request.</param>
internal sealed record Block(int Refreshes, double P50, double P99, double P999, double Longest)
{
    public static Block Of(int refreshes, double[] ordered) =>
        new(refreshes, At(ordered, 0.5), At(ordered, 0.99), At(ordered, 0.999), ordered[^1]);

    public static double At(double[] ordered, double share) => ordered[(int)(ordered.Length * share)];
}
