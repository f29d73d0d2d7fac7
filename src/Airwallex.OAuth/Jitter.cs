namespace Airwallex.OAuth;

/// <summary>
/// Chance, in one place, so that the simulation can replace it. Spreads load and names things; guards nothing.
/// </summary>
internal class Jitter
{
    /// <summary>A new id for an attempt, an authorization or a version: 32 hexadecimal digits.</summary>
    public virtual string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>A random number from 0 to 1.</summary>
    public virtual double Next() =>
#pragma warning disable CA5394 // Spreads load; guards nothing.
        Random.Shared.NextDouble();
#pragma warning restore CA5394

    /// <summary>A random length between two.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + (most - least) * Next();

    /// <summary>
    /// A length that doubles with each step up to a limit, and then varies by a quarter in either direction.
    /// </summary>
    public TimeSpan Backoff(TimeSpan first, int step, TimeSpan most)
    {
        var length = first * Math.Pow(2, Math.Min(step, 30));
        return (length < most ? length : most) * (0.75 + 0.5 * Next());
    }
}
