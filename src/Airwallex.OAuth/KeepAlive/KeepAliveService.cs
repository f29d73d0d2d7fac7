using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth;

/// <summary>
/// The hosted loops of all applications, and stopping. Recovery, renewal and eviction stop first; refreshes in flight
/// are awaited after all other hosted services have stopped, whatever the order of registration.
/// </summary>
internal sealed class KeepAliveService(AirwallexApplications applications, IServiceProvider services)
    : IHostedLifecycleService, IDisposable
{
    private static readonly TimeSpan MinuteInterval = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private Task _loops = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var application in applications.All)
        {
            application.HostIsRunning = true;
        }

        return Task.CompletedTask;
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var needed = HostShutdown.Needed;
        if (HostShutdown.Timeout(services) is { } timeout && timeout < needed && applications.All.Count > 0)
        {
            applications.All[0].Log.ShortShutdownTimeout(timeout, needed);
        }

        _loops = Task.WhenAll(applications.All.Select(
            application => Task.Run(() => RunAsync(application, _stopping.Token), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async Task StoppingAsync(CancellationToken cancellationToken) =>
        await _stopping.CancelAsync().ConfigureAwait(false);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAny(_loops, Task.Delay(Timeout.Infinite, cancellationToken)).ConfigureAwait(false);
        foreach (var application in applications.All)
        {
            await application.StopAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stopping.Dispose();

    private static async Task RunAsync(AirwallexApplication application, CancellationToken stoppingToken)
    {
        await application.CheckClientAsync(stoppingToken).ConfigureAwait(false);
        var (keepAlive, timings) = (application.KeepAlive, AirwallexApplication.TimingsOf(application.Options));
        await Task.WhenAll(
            RepeatAsync("evict", timings.GracePeriod, EvictAsync),
            RepeatAsync("summarize", MinuteInterval, () => application.SummarizeForTelemetryAsync(stoppingToken)),
            RepeatAsync("recover", timings.RecoveryInterval, () => IfEnabledAsync(keepAlive.StartRecoveriesAsync)),
            RepeatAsync("renew", timings.RenewalScanInterval, () => IfEnabledAsync(keepAlive.RenewAsync)))
            .ConfigureAwait(false);

        Task RepeatAsync(string name, TimeSpan interval, Func<Task> work) =>
            KeepAliveService.RepeatAsync(application, name, interval, work, stoppingToken);

        Task EvictAsync()
        {
            application.EvictIdle();
            return Task.CompletedTask;
        }

        Task IfEnabledAsync(Func<CancellationToken, Task> work) =>
            application.Options.KeepAlive.Enabled ? work(stoppingToken) : Task.CompletedTask;
    }

    private static async Task RepeatAsync(
        AirwallexApplication application, string name, TimeSpan interval, Func<Task> work,
        CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var startedAt = application.Time.GetTimestamp();
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return; // A store whose cancellation throws something of its own stops quietly.
            }
            catch (Exception exception)
            {
                application.MaintenanceFailed(name, exception);
            }

            var left = interval - application.Time.GetElapsedTime(startedAt);
            await Task.WhenAny(
                application.DelayAsync(left.AtLeast(TimeSpan.FromMilliseconds(1))),
                Task.Delay(Timeout.Infinite, stoppingToken)).ConfigureAwait(false);
        }
    }
}
