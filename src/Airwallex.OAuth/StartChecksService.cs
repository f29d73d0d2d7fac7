using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth;

/// <summary>Keeps a host from starting when the checks fail, before any other service of it starts.</summary>
internal sealed class StartChecksService(StartChecks checks) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        checks.Run();
        checks.HostStarts();
        return Task.CompletedTask;
    }

    // For hosts that know nothing of StartingAsync.
    public Task StartAsync(CancellationToken cancellationToken) => StartingAsync(cancellationToken);

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
