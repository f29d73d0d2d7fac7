using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth;

/// <summary>Runs the keep-alive of every application while the host runs.</summary>
internal sealed class KeepAliveService(AirwallexApplications applications) : IHostedLifecycleService
{
    public AirwallexApplications Applications { get; } = applications;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
