namespace Airwallex.OAuth;

/// <summary>What one round of <see cref="AirwallexConnections.KeepAliveAsync"/> did. Immutable.</summary>
public sealed record KeepAliveResult
{
    /// <summary>How many unfinished refreshes were finished.</summary>
    public int Recovered { get; init; }

    /// <summary>How many refresh tokens were renewed.</summary>
    public int Renewed { get; init; }

    /// <summary>How many connections ended, because Airwallex refused their refresh token for good.</summary>
    public int Ended { get; init; }

    /// <summary>How many refreshes failed and will be tried again.</summary>
    public int Failed { get; init; }

    /// <summary>
    /// How many connections were left to another instance that is working on them, or to a later round.
    /// </summary>
    public int Deferred { get; init; }
}
