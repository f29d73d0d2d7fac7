using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Runs each operation in a context of its own. What the application registered is validated at start, or before the
/// first operation where there is no host. Thread-safe.
/// </summary>
internal sealed class ContextRunner<TContext>(IServiceScopeFactory scopes)
    : IHostedService, IAsyncDisposable, IDisposable
    where TContext : DbContext
{
    // The context that was validated is kept: a service provider that is being disposed makes no other, and a token
    // response that arrives then must be saved. The gate guards it.
    private readonly SemaphoreSlim _gate = new(1);
    private ScopedContext? _kept;
    private volatile bool _isValid;

    public Task StartAsync(CancellationToken cancellationToken) => RunAsync(Task.FromResult, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        // Not while a statement that hangs is using it: disposing must end.
        if (_kept is not null && await _gate.WaitAsync(0).ConfigureAwait(false))
        {
            await _kept.DisposeAsync().ConfigureAwait(false);
            _gate.Release();
        }
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

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
            ScopedContext created;
            try
            {
                created = Create();
            }
            catch (ObjectDisposedException)
            {
                return await InKeptAsync(work, cancellationToken).ConfigureAwait(false);
            }

            await using var disposal = created.ConfigureAwait(false);
            return await work(created.Context).ConfigureAwait(false);
        }
    }

    private async Task<bool> ValidateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await InKeptAsync(FindFaultAsync, cancellationToken).ConfigureAwait(false) is not { } fault ? true
                : throw new AirwallexOAuthException(
                    $"{typeof(TContext).Name} cannot keep Airwallex connections: {fault}");
        }
        catch (Exception exception) when (exception is not (AirwallexOAuthException or OperationCanceledException))
        {
            throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} cannot be used outside a request, where connections are refreshed: "
                    + $"{exception.Message} If it needs the request, give connections a context of its own, which "
                    + "needs its options alone: call modelBuilder.UseAirwallexOAuth() in its OnModelCreating, register "
                    + "it by AddDbContextFactory, and name it in AddEntityFrameworkStore.",
                exception);
        }
    }

    private async Task<string?> FindFaultAsync(TContext one)
    {
        var other = Create();
        await using var disposal = other.ConfigureAwait(false);
        return ConnectionTable.FindFault(one, other.Context);
    }

    private async Task<T> InKeptAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _kept ??= Create();
            _kept.Context.ChangeTracker.Clear();
            return await work(_kept.Context).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private ScopedContext Create()
    {
        var scope = scopes.CreateAsyncScope();
        var factory = scope.ServiceProvider.GetService<IDbContextFactory<TContext>>();
        return new(scope, factory?.CreateDbContext() ?? scope.ServiceProvider.GetRequiredService<TContext>());
    }

    private sealed record ScopedContext(AsyncServiceScope Scope, TContext Context) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Context.DisposeAsync().ConfigureAwait(false);
            await Scope.DisposeAsync().ConfigureAwait(false);
        }
    }
}
