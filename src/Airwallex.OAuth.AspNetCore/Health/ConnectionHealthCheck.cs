using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Whether connections can be kept alive. Reads no more of the store than the answer needs.</summary>
internal sealed class ConnectionHealthCheck(
    AirwallexConnections connections,
    ClientRefusal refusal,
    IOptionsMonitor<AirwallexOAuthOptions> airwallexOptions,
    IOptionsMonitor<ConnectionHealthOptions> healthOptions,
    TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var limits = healthOptions.Get(context.Registration.Name);
        Counts counts;
        try
        {
            counts = await CountAsync(limits, cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever a store throws, it cannot be reached.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            return new HealthCheckResult(context.Registration.FailureStatus, "The token store cannot be read: no connection can be refreshed.", exception);
        }

        var data = counts.ToData();
        if (refusal.Last is { } refused)
        {
            return new HealthCheckResult(context.Registration.FailureStatus,
                "Airwallex refuses this application's client: check AirwallexOAuthOptions.ClientId and ClientSecret.", refused, data);
        }

        if (counts.Overdue > 0)
        {
            return HealthCheckResult.Degraded($"Refresh tokens past their renewal window: {counts.Overdue}. They expire soon unless they are renewed.", data: data);
        }

        return counts.WaitingShare > limits.MaxWaitingShare
            ? HealthCheckResult.Degraded($"Connections waiting for their customers to authorize again: {counts.Waiting}.", data: data)
            : HealthCheckResult.Healthy("Connections can be used and kept alive.", data);
    }

    private async Task<Counts> CountAsync(ConnectionHealthOptions limits, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var windowEnd = airwallexOptions.CurrentValue.KeepAlive.WindowEnd;
        var due = new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = now };

        var overdue = await CountMatchesAsync(due, limits.MaxCounted, connection => IsPast(connection.Tokens, windowEnd, now), cancellationToken).ConfigureAwait(false);
        var waiting = await CountStatusAsync(ConnectionStatus.ReauthorizationRequired, limits.MaxCounted).ConfigureAwait(false);
        var disconnected = await CountStatusAsync(ConnectionStatus.Disconnected, limits.MaxCounted).ConfigureAwait(false);
        // So many active ones that counting more could not bring the share of the waiting ones over the limit.
        var enough = waiting == 0 || limits.MaxWaitingShare <= 0 ? 0 : Math.Ceiling(waiting / limits.MaxWaitingShare);
        var active = await CountStatusAsync(ConnectionStatus.Active, (int)Math.Max(limits.MaxCounted, Math.Min(enough, int.MaxValue))).ConfigureAwait(false);
        return new Counts(active, waiting, disconnected, overdue, limits.MaxCounted);

        Task<int> CountStatusAsync(ConnectionStatus status, int limit) =>
            CountMatchesAsync(new ConnectionFilter { Status = status }, limit, static _ => true, cancellationToken);
    }

    private async Task<int> CountMatchesAsync(
        ConnectionFilter filter, int limit, Func<AirwallexConnection, bool> counts, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var connection in connections.ListAsync(filter, cancellationToken).ConfigureAwait(false))
        {
            if (counts(connection) && ++count >= limit)
            {
                break;
            }
        }

        return count;
    }

    private static bool IsPast(TokenSet tokens, double windowEnd, DateTimeOffset now) =>
        now > tokens.IssuedAt + (tokens.RefreshTokenExpiresAt - tokens.IssuedAt) * windowEnd;

    private sealed record Counts(int Active, int Waiting, int Disconnected, int Overdue, int MaxCounted)
    {
        public double WaitingShare => Waiting == 0 ? 0 : (double)Waiting / (Waiting + Active);

        public Dictionary<string, object> ToData() => new()
        {
            ["active"] = Active,
            ["reauthorization_required"] = Waiting,
            ["disconnected"] = Disconnected,
            ["past_renewal_window"] = Overdue,
            ["at_least"] = new[] { Active, Waiting, Disconnected, Overdue }.Any(count => count >= MaxCounted),
        };
    }
}
