namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What goes wrong in a run, and how often: drawn from the seed.</summary>
internal sealed class Faults
{
    public required bool Gentle { get; init; }

    public double LostBeforeArrival { get; init; }

    public double LostAfterRotation { get; init; }

    public double Refused { get; init; }

    public double ServerError { get; init; }

    public double ServerErrorAfterRotation { get; init; }

    public double Malformed { get; init; }

    public double Slow { get; init; }

    public double SpuriousTooManyRequests { get; init; }

    public double StoreThrows { get; init; }

    public double StoreLies { get; init; }

    public double StoreSlow { get; init; }

    public double CallerCancels { get; init; }

    /// <summary>Faults of each kind are absent in a third of the runs, and up to frequent in the others.</summary>
    public static Faults Draw(Scheduler scheduler, bool gentle)
    {
        double Share(double most) => scheduler.Chance(0.33) ? 0 : most * scheduler.Random.NextDouble();
        return new Faults
        {
            Gentle = gentle,
            LostBeforeArrival = Share(0.4),
            LostAfterRotation = Share(0.5),
            Refused = Share(0.2),
            ServerError = Share(0.3),
            ServerErrorAfterRotation = Share(0.2),
            Malformed = Share(0.15),
            Slow = Share(0.3),
            SpuriousTooManyRequests = Share(0.1),
            StoreThrows = Share(0.15),
            StoreLies = Share(0.15),
            StoreSlow = Share(0.3),
            CallerCancels = Share(0.5),
        };
    }
}
