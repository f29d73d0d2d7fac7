using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Keeps connections alive that nobody uses: repeats refreshes that a crash interrupted, inside the grace period, and renews refresh
/// tokens whose time has come. Every instance runs it; the lease shares the work out. On stop, waits for what is in flight.
/// </summary>
internal sealed class ConnectionMaintenance(
    Accounts accounts,
    ConnectionRecords records,
    ConnectionRefresher refresher,
    ConnectionObservers observers,
    RefreshRuntime runtime,
    RefreshMetrics metrics,
    IOptionsMonitor<AirwallexOAuthOptions> options,
    ILogger<ConnectionMaintenance> logger) : BackgroundService
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OverdueReportInterval = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _overdueReports = new(StringComparer.Ordinal);

    private KeepAliveOptions KeepAlive => options.CurrentValue.KeepAlive;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await observers.StopAsync(cancellationToken).ConfigureAwait(false);
        if (await runtime.WhenIdleAsync(cancellationToken).ConfigureAwait(false) is > 0 and var running)
        {
            logger.StoppedWhileRefreshing(running);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield(); // The host's start does not wait for the first look.
        await Task.WhenAll(
            RepeatAsync("recover", RecoverAsync, () => KeepAlive.RecoveryInterval, stoppingToken),
            RepeatAsync("renew", RenewAsync, () => KeepAlive.ScanInterval, stoppingToken),
            RepeatAsync("let go", LetIdleOnesGoAsync, () => SweepInterval, stoppingToken)).ConfigureAwait(false);
    }

    /// <summary>Sends the refresh tokens again whose answers may have been lost with another instance.</summary>
    internal Task RecoverAsync(CancellationToken cancellationToken)
    {
        var due = new ConnectionFilter { Status = ConnectionStatus.Active, LeaseExpiredAt = runtime.Now };
        return !KeepAlive.Enabled ? Task.CompletedTask : ForEachAsync(
            due, connection => RunAsync(connection, RefreshTrigger.Recovery), cancellationToken);
    }

    /// <summary>Renews the refresh tokens whose moment in the window has come.</summary>
    internal Task RenewAsync(CancellationToken cancellationToken)
    {
        var due = new ConnectionFilter { Status = ConnectionStatus.Active, RenewalDueAt = runtime.Now };
        return !KeepAlive.Enabled ? Task.CompletedTask : ForEachAsync(
            due,
            async connection =>
            {
                if (await RunAsync(connection, RefreshTrigger.KeepAlive).ConfigureAwait(false))
                {
                    _overdueReports.TryRemove(connection.AccountId, out _);
                }
                else
                {
                    ReportIfOverdue(connection);
                }
            },
            cancellationToken);
    }

    private async Task<bool> RunAsync(AirwallexConnection connection, RefreshTrigger trigger)
    {
        try
        {
            await refresher.RunAsync(accounts.Get(connection.AccountId), new RefreshNeed(trigger), CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (AirwallexOAuthException exception)
        {
            // Logged and told to observers where it happened. A connection that is over needs no renewal any more.
            return exception is ReauthorizationRequiredException or ConnectionNotFoundException;
        }
    }

    private void ReportIfOverdue(AirwallexConnection connection)
    {
        var now = runtime.Now;
        var windowEnd = RenewalSchedule.WindowEnd(connection.Tokens, KeepAlive);
        if (now <= windowEnd || (_overdueReports.TryGetValue(connection.AccountId, out var reported) && now - reported < OverdueReportInterval))
        {
            return;
        }

        _overdueReports[connection.AccountId] = now;
        logger.RenewalOverdue(connection.AccountId, windowEnd, connection.Tokens.RefreshTokenExpiresAt);
        metrics.RenewalOverdue();
        observers.Notify(
            ConnectionEventKind.RenewalOverdue, connection.AccountId, $"The refresh token is past its renewal window and expires at {connection.Tokens.RefreshTokenExpiresAt:O}.");
    }

    private Task LetIdleOnesGoAsync(CancellationToken cancellationToken)
    {
        accounts.LetIdleOnesGo();
        return Task.CompletedTask;
    }

    /// <summary>Some at a time, as they are listed: neither the list nor the work is ever held in memory whole.</summary>
    private async Task ForEachAsync(ConnectionFilter due, Func<AirwallexConnection, Task> work, CancellationToken cancellationToken)
    {
        var running = new List<Task>();
        await foreach (var connection in records.ListAsync(due, cancellationToken).ConfigureAwait(false))
        {
            // The store's word is not taken for it: a filter it ignores must not make us refresh every connection.
            if (!due.Matches(connection))
            {
                continue;
            }

            if (running.Count >= KeepAlive.MaxConcurrency)
            {
                running.Remove(await Task.WhenAny(running).ConfigureAwait(false));
            }

            running.Add(work(connection));
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task RepeatAsync(string name, Func<CancellationToken, Task> work, Func<TimeSpan> interval, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                logger.MaintenanceFailed(name, interval(), exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await Task.Delay(interval(), runtime.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
