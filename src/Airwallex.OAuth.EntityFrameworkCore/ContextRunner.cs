using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>Runs each operation in a context of its own. Validates at start, or before the first operation, what the application registered. Thread-safe.</summary>
internal sealed class ContextRunner<TContext>(IServiceScopeFactory scopes) : IHostedService
    where TContext : DbContext
{
    private volatile bool _isValid;

    public Task StartAsync(CancellationToken cancellationToken) => RunAsync(_ => Task.FromResult(true), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <remarks>
    /// Outside the caller's execution context: a context that depended on the request would use one database in requests and another in background work,
    /// and no write may take part in a transaction of the caller's. The trace goes on.
    /// </remarks>
    public Task<T> RunAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var activity = Activity.Current;
        using AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return Task.Run(
            async () =>
            {
                Activity.Current = activity;
                _isValid = _isValid || await ValidateAsync(cancellationToken).ConfigureAwait(false);
                return await InContextAsync(work, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }

    private async Task<bool> ValidateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var fault = await InContextAsync(
                one => InContextAsync(other => Task.FromResult(ContextValidator.FindFault(one, other)), cancellationToken), cancellationToken)
                .ConfigureAwait(false);
            return fault is null ? true : throw new AirwallexOAuthException($"{typeof(TContext).Name} cannot keep Airwallex connections: {fault}");
        }
        catch (Exception exception) when (exception is not (AirwallexOAuthException or OperationCanceledException))
        {
            throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} cannot be used outside a request, where connections are refreshed: {exception.Message} If it needs the request, give "
                + "connections a context of its own: one that needs its options alone and calls modelBuilder.UseAirwallexOAuth(), registered by "
                + "AddDbContextFactory and named in AddEntityFrameworkStore.",
                exception);
        }
    }

    private async Task<T> InContextAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var scope = scopes.CreateAsyncScope();
        await using var disposal = scope.ConfigureAwait(false);
        if (scope.ServiceProvider.GetService<IDbContextFactory<TContext>>() is not { } factory)
        {
            return await work(scope.ServiceProvider.GetRequiredService<TContext>()).ConfigureAwait(false);
        }

        var context = await factory.CreateDbContextAsync(cancellationToken).ConfigureAwait(false);
        await using var contextDisposal = context.ConfigureAwait(false);
        return await work(context).ConfigureAwait(false);
    }
}
