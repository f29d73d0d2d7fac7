using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth;

/// <summary>
/// The hosted loops of all applications, and stopping. Recovery, renewal and eviction stop first; refreshes in flight
/// are awaited after all other hosted services have stopped, whatever the order of registration.
/// </summary>
internal sealed class KeepAliveService(AirwallexApplications applications, IServiceProvider services)
    : IHostedLifecycleService, IDisposable
{
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
        var limit = HostShutdown.Timeout(services);
        if (limit < HostShutdown.Needed && applications.All.Count > 0)
        {
            applications.All[0].Log.ShortShutdownTimeout(limit.Value, HostShutdown.Needed);
        }

        _loops = Task.WhenAll(applications.All.Select(one => Task.Run(() => RunAsync(one), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

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

    private async Task RunAsync(AirwallexApplication application)
    {
        var stopping = _stopping.Token;
        await application.CheckClientAsync(stopping).ConfigureAwait(false);
        var (keepAlive, timings) = (application.KeepAlive, AirwallexApplication.TimingsOf(application.Options));
        await Task.WhenAll(
            RepeatAsync("evict", timings.GracePeriod, () => Task.Run(application.EvictIdle, stopping)),
            RepeatAsync("summarize", TimeSpan.FromMinutes(1), () => application.SummarizeForTelemetryAsync(stopping)),
            RepeatAsync("recover", timings.RecoveryInterval, () => IfEnabledAsync(keepAlive.StartRecoveriesAsync)),
            RepeatAsync("renew", timings.RenewalScanInterval, () => IfEnabledAsync(keepAlive.RenewAsync)))
            .ConfigureAwait(false);

        Task RepeatAsync(string name, TimeSpan interval, Func<Task> work) =>
            KeepAliveService.RepeatAsync(application, name, interval, work, stopping);

        Task IfEnabledAsync(Func<CancellationToken, Task> work) =>
            application.Options.KeepAlive.Enabled ? work(stopping) : Task.CompletedTask;
    }

    private static async Task RepeatAsync(
        AirwallexApplication application, string name, TimeSpan interval, Func<Task> work, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var startedAt = application.Time.GetTimestamp();
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception) when (stopping.IsCancellationRequested)
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
                Task.Delay(Timeout.Infinite, stopping)).ConfigureAwait(false);
        }
    }
}
