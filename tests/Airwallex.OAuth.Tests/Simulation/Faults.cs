namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>How often single calls go wrong in a run: drawn from the seed.</summary>
internal sealed record Faults
{
    public double LostBeforeArrival { get; init; }

    public double LostAfterRotation { get; init; }

    public double Refused { get; init; }

    public double ServerError { get; init; }

    public double ServerErrorAfterRotation { get; init; }

    /// <summary>A response without a sound refresh token, or of another account.</summary>
    public double Unusable { get; init; }

    /// <summary>A response in which every field but the refresh token may be wrong.</summary>
    public double Odd { get; init; }

    /// <summary>Up to 6 s instead of 0.2 s.</summary>
    public double Slow { get; init; }

    /// <summary>Up to 50 s.</summary>
    public double VerySlow { get; init; }

    public double TooManyRequests { get; init; }

    /// <summary>A failure of the endpoint asks to wait, up to minutes.</summary>
    public double RetryAfter { get; init; }

    public double StoreThrows { get; init; }

    public double StoreLies { get; init; }

    /// <summary>Up to 4 s instead of 20 ms.</summary>
    public double StoreSlow { get; init; }

    /// <summary>The call never returns; what it was to do may be done late.</summary>
    public double StoreHangs { get; init; }

    /// <summary>A renewal of a lease throws, lies or hangs.</summary>
    public double RenewalFails { get; init; }

    public double CallerCancels { get; init; }

    /// <summary>Faults of each kind are absent in a third of the runs, and up to frequent in the others.</summary>
    public static Faults Draw(Scheduler scheduler, Trouble trouble)
    {
        double Share(double most) => scheduler.Chance(0.33) ? 0 : most * scheduler.Random.NextDouble();
        var network = new Faults
        {
            LostBeforeArrival = Share(0.4),
            LostAfterRotation = Share(0.5),
            Refused = Share(0.2),
            ServerError = Share(0.3),
            ServerErrorAfterRotation = Share(0.2),
            Unusable = Share(0.15),
            Odd = Share(0.2),
            Slow = Share(0.3),
            VerySlow = Share(0.15),
            TooManyRequests = Share(0.1),
            RetryAfter = Share(0.2),
            CallerCancels = Share(0.5),
        };
        var store = new Faults
        {
            StoreThrows = Share(0.15),
            StoreLies = Share(0.15),
            StoreSlow = Share(0.3),
            StoreHangs = Share(0.05),
            RenewalFails = Share(0.4),
        };
        return trouble switch
        {
            Trouble.Everything => network with
            {
                StoreThrows = store.StoreThrows,
                StoreLies = store.StoreLies,
                StoreSlow = store.StoreSlow,
                StoreHangs = store.StoreHangs,
                RenewalFails = store.RenewalFails,
            },
            Trouble.BadNetwork => network,
            Trouble.Store => store with { Slow = 0.3, VerySlow = 0.3, LostAfterRotation = Share(0.1) },
            Trouble.CutOff => new Faults { LostAfterRotation = 0.1, VerySlow = 0.2, Slow = 0.2 },
            Trouble.CrashStorm => new Faults { Slow = 0.1, StoreSlow = 0.1, CallerCancels = 0.2 },
            Trouble.Configuration =>
                new Faults
                {
                    Odd = 0.4,
                    RetryAfter = 0.5,
                    ServerError = 0.2,
                    TooManyRequests = 0.1,
                    LostAfterRotation = 0.1
                },
            Trouble.Customers =>
                new Faults
                {
                    LostAfterRotation = 0.1,
                    LostBeforeArrival = 0.1,
                    Slow = 0.2,
                    StoreSlow = 0.2,
                    StoreHangs = 0.02
                },
            _ => new Faults { Slow = 0.1 },
        };
    }
}
