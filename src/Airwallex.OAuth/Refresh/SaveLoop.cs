namespace Airwallex.OAuth;

/// <summary>
/// Until stored: read, ask the rule, swap. What is written here exists nowhere else, so it goes on for as long as the
/// process lives. Used by
/// refresh, refusal, connect, import and reactivate.
/// </summary>
internal sealed class SaveLoop(AirwallexApplication application, RefreshTimings timings, ConnectionKey key)
{
    private readonly HashSet<string> _written = [];

    /// <summary>
    /// The versions that it has tried to write: one of them is stored when a write took effect and reported a
    /// failure.
    /// </summary>
    public IReadOnlySet<string> Written => _written;

    /// <summary>Whether a failure of the store is thrown: for what the caller still holds. Default: false.</summary>
    public bool StopsOnFailure { get; init; }

    /// <param name="lastRead">The connection as read last, to swap against without reading again; null to begin with
    /// a read.</param>
    /// <param name="decide">What becomes of it, given what is stored now.</param>
    /// <param name="onFailure">Is told of each failure of the store.</param>
    /// <param name="cancellationToken">Cancels it between two calls of the store.</param>
    /// <returns>The connection that is stored in the end; null when there is none.</returns>
    public async Task<ConnectionState?> RunAsync(
        ConnectionState? lastRead, Func<ConnectionState?, SaveDecision> decide,
        Action<AirwallexOAuthException> onFailure, CancellationToken cancellationToken = default)
    {
        for (int failures = 0, waits = 0; ;)
        {
            try
            {
                var current = lastRead ?? await application.Store.FindAsync(key, cancellationToken)
                    .ConfigureAwait(false);
                lastRead = null;
                var decision = decide(current);
                switch (decision.Kind)
                {
                    case SaveDecisionKind.Keep:
                        return current;
                    case SaveDecisionKind.WaitForLease:
                        await application.WaitForLeaseAsync(decision.Until, waits++, timings).ConfigureAwait(false);
                        break;
                    default:
                        var next = decision.Connection! with { Version = application.Jitter.NewId() };
                        _written.Add(next.Version);
                        if (await application.Store.TrySaveAsync(next, current?.Version).ConfigureAwait(false))
                        {
                            return next;
                        }

                        failures = 0;
                        break;
                }
            }
            catch (AirwallexOAuthException exception) when (!StopsOnFailure)
            {
                onFailure(exception);
                var delay = application.Jitter.Backoff(
                    timings.FirstSaveDelay, failures++, timings.LongestSaveDelay / 1.25);
                await application.DelayAsync(delay).ConfigureAwait(false);
            }
        }
    }
}
