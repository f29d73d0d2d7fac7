using System.Globalization;

namespace Airwallex.OAuth.Benchmarks.Store;

/// <summary>What the store of Airwallex.OAuth.EntityFrameworkCore costs on PostgreSQL.</summary>
internal static partial class StoreBenchmarks
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToArray();
        return ordered[ordered.Length / 2];
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
