using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Passes reported disconnections on to the core, a few at a time, and survives the request that brought them. Reports
/// are hints: one that is lost costs nothing, since the account's next refresh learns the same. Thread-safe.
/// </summary>
internal sealed class DisconnectionReports(LogThrottle throttle, ILogger<DisconnectionReports> logger)
    : BackgroundService
{
    private const int Capacity = 10_000;
    private const int MaxConcurrency = 8;

    private readonly Channel<Report> _reports = Channel.CreateBounded<Report>(Capacity);

    /// <summary>Takes one report.</summary>
    /// <returns>True once it is stored, false when that failed; null when the queue is full or the host
    /// stops.</returns>
    public Task<bool>? TryAdd(AirwallexConnections connections, string accountId, string reason)
    {
        var report = new Report(connections, accountId, reason);
        return _reports.Writer.TryWrite(report) ? report.Stored.Task : null;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _reports.Writer.TryComplete();
        try
        {
            await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            logger.StoppedBeforeReporting(_reports.Reader.Count);
        }

        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _reports.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = MaxConcurrency, CancellationToken = stoppingToken },
        PassOnAsync);

    private async ValueTask PassOnAsync(Report report, CancellationToken cancellationToken)
    {
        var stored = true;
        try
        {
            if (!await report.Connections
                .ReportDisconnectionAsync(report.AccountId, report.Reason, cancellationToken).ConfigureAwait(false))
            {
                logger.NothingToDisconnect(Printable.From(report.AccountId));
            }
        }
#pragma warning disable CA1031 // Whatever the store throws, the next report has its turn.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            // An account id that cannot be one is not stored either; to deliver it again would not help.
            stored = exception is ArgumentException;
            if (throttle.ShouldLog(nameof(DisconnectionReports), out var suppressed))
            {
                logger.DisconnectionNotReported(Printable.From(report.AccountId), suppressed, exception);
            }
        }
        finally
        {
            report.Stored.TrySetResult(stored);
        }
    }

    private sealed class Report(AirwallexConnections connections, string accountId, string reason)
    {
        public AirwallexConnections Connections { get; } = connections;

        public string AccountId { get; } = accountId;

        public string Reason { get; } = reason;

        public TaskCompletionSource<bool> Stored { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
