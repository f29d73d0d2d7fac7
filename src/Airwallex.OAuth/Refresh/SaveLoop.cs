using System.Diagnostics.CodeAnalysis;

namespace Airwallex.OAuth;

/// <summary>Until stored: read, ask the rule, swap.</summary>
internal sealed class SaveLoop(AirwallexApplication application, RefreshTimings timings, ConnectionKey key)
{
    /// <summary>The versions that it has tried to write: a write may take effect and report a failure.</summary>
    public HashSet<string> Written { get; } = [];

    public bool HasWritten([NotNullWhen(true)] ConnectionState? current) =>
        current is not null && Written.Contains(current.Version);

    /// <summary>
    /// Returns the connection stored in the end; null when there is none. It begins with a read unless it is given one.
    /// It does not give up: a failure is told, or thrown when nobody listens, as the caller holds what is to be stored.
    /// </summary>
    public async Task<ConnectionState?> RunAsync(
        Func<ConnectionState?, SaveDecision> decide, Action<AirwallexOAuthException>? onFailure,
        ConnectionState? lastRead = null, CancellationToken cancellationToken = default)
    {
        for (int failures = 0, waits = 0; ;)
        {
            try
            {
                var current = lastRead
                    ?? await application.Store.FindAsync(key, cancellationToken).ConfigureAwait(false);
                lastRead = null;
                var decision = decide(current);
                switch (decision.Kind)
                {
                    case SaveDecisionKind.Keep:
                        return current;
                    case SaveDecisionKind.WaitForLease:
                        await application.WaitForLeaseAsync(decision.Until, waits++, timings).ConfigureAwait(false);
                        continue;
                }

                var next = decision.Connection! with { Version = application.Jitter.NewId() };
                Written.Add(next.Version);
                if (await application.Store.TrySaveAsync(next, current?.Version).ConfigureAwait(false))
                {
                    return next;
                }

                failures = 0;
            }
            catch (AirwallexOAuthException exception) when (onFailure is not null)
            {
                onFailure(exception);
                var most = timings.LongestSaveDelay / 1.25; // With jitter, two seconds.
                var delay = application.Jitter.Backoff(timings.FirstSaveDelay, failures++, most);
                await application.DelayAsync(delay).ConfigureAwait(false);
            }
        }
    }
}
