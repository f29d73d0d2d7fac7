using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Runs each operation in a context of its own. What the application registered is validated at start, or before the
/// first operation where there is no host. Thread-safe.
/// </summary>
internal sealed class ContextRunner<TContext>(IServiceScopeFactory scopes) : IHostedService
    where TContext : DbContext
{
    private volatile bool _isValid;

    public Task StartAsync(CancellationToken cancellationToken) => RunAsync(Task.FromResult, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <remarks>
    /// Outside the caller's execution context: a context that depends on the request would use one database in requests
    /// and another in background work, and no write may take part in a caller's transaction. The trace goes on.
    /// </remarks>
    public Task<T> RunAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var activity = Activity.Current;
        using AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return Task.Run(RunInContextAsync, cancellationToken);

        async Task<T> RunInContextAsync()
        {
            Activity.Current = activity;
            _isValid = _isValid || await ValidateAsync(cancellationToken).ConfigureAwait(false);
            return await InContextAsync(work, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> ValidateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var fault = await InContextAsync(
                one => InContextAsync(FindFaultAsync(one), cancellationToken), cancellationToken).ConfigureAwait(false);
            return fault is null ? true : throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} cannot keep Airwallex connections: {fault}");
        }
        catch (Exception exception) when (exception is not (AirwallexOAuthException or OperationCanceledException))
        {
            throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} cannot be used outside a request, where connections are refreshed: "
                    + $"{exception.Message} If it needs the request, give connections a context of its own, which "
                    + "needs its options alone: call modelBuilder.UseAirwallexOAuth() in its OnModelCreating, " +
                        "register it by "
                    + "AddDbContextFactory, and name it in AddEntityFrameworkStore.",
                exception);
        }

        static Func<TContext, Task<string?>> FindFaultAsync(TContext one) =>
            other => Task.FromResult(ContextValidator.FindFault(one, other));
    }

    private async Task<T> InContextAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using var scopeDisposal = scope.ConfigureAwait(false);
        if (scope.ServiceProvider.GetService<IDbContextFactory<TContext>>() is not { } factory)
        {
            return await work(scope.ServiceProvider.GetRequiredService<TContext>()).ConfigureAwait(false);
        }

        var context = await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using var contextDisposal = context.ConfigureAwait(false);
        return await work(context).ConfigureAwait(false);
    }
}
