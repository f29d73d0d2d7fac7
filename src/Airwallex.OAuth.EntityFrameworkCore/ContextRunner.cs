using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Runs each operation in a context of its own. A context that cannot keep connections is refused at the start of the
/// host, or at first use where there is none. Thread-safe.
/// </summary>
internal sealed class ContextRunner<TContext>(IServiceScopeFactory scopes, TimeProvider time)
    : IHostedService, IAsyncDisposable, IDisposable
    where TContext : DbContext
{
    // The nine delays between them take 4 s on average and 8 s at most, less than a call of the store may take.
    private const int MaxTries = 10;

    // The context that was validated is kept for the end: a service provider that is being disposed makes no other, and
    // a token response that arrives then must be saved. The gate guards its use, the lock its making.
    private readonly SemaphoreSlim _gate = new(1);
    private object? _lock;
    private ScopedContext? _kept;

    public Task StartAsync(CancellationToken cancellationToken) => RunAsync(Task.FromResult, cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Runs it again, after a short random and growing delay, while the engine rolls it back in favor of others: a
    /// serialization failure or a deadlock, class 40 of SQLSTATE. It took no effect, and many callers may collide.
    /// </summary>
    public async Task<T> RunAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await RunOnceAsync(work, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (
                tries < MaxTries && exception.GetBaseException() is DbException { SqlState: ['4', '0', ..] })
            {
                var delay = TimeSpan.FromMilliseconds(Random.Shared.Next(8 << tries));
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <remarks>
    /// Outside the caller's execution context: a context that depends on the request would use one database in requests
    /// and another in background work, and no write may take part in a caller's transaction. The trace goes on.
    /// </remarks>
    private Task<T> RunOnceAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        var activity = Activity.Current;
        using AsyncFlowControl? noFlow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        return Task.Run(RunInContextAsync, cancellationToken);

        async Task<T> RunInContextAsync()
        {
            Activity.Current = activity;
            var used = await TakeAsync(cancellationToken).ConfigureAwait(false);
            await using var disposal = used.ConfigureAwait(false);
            used.Context.ChangeTracker.Clear();
            return await work(used.Context).ConfigureAwait(false);
        }
    }

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

    private ScopedContext Validate()
    {
        try
        {
            var one = Create();
            using var other = Create();
            return ConnectionTable.FindFault(one.Context, other.Context) is not { } fault ? one
                : throw new AirwallexOAuthException(
                    $"{typeof(TContext).Name} cannot keep Airwallex connections: {fault}");
        }
        catch (Exception exception) when (exception is not AirwallexOAuthException)
        {
            throw new AirwallexOAuthException(
                $"{typeof(TContext).Name} cannot be used outside a request, where connections are refreshed: "
                    + $"{exception.Message} If it needs the request, give connections a context of its own, which "
                    + "needs its options alone: call modelBuilder.UseAirwallexOAuth() in its OnModelCreating, register "
                    + "it by AddDbContextFactory, and name it in AddEntityFrameworkStore.",
                exception);
        }
    }

    private async Task<ScopedContext> TakeAsync(CancellationToken cancellationToken)
    {
        var kept = LazyInitializer.EnsureInitialized(ref _kept, ref _lock, Validate);
        try
        {
            return Create();
        }
        catch (ObjectDisposedException)
        {
            await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            return kept with { Gate = _gate };
        }
    }

    private ScopedContext Create()
    {
        var scope = scopes.CreateAsyncScope();
        var factory = scope.ServiceProvider.GetService<IDbContextFactory<TContext>>();
        return new(scope, factory?.CreateDbContext() ?? scope.ServiceProvider.GetRequiredService<TContext>(), null);
    }

    /// <summary>One that has a gate lives on, for the next that comes through it.</summary>
    private sealed record ScopedContext(AsyncServiceScope Scope, TContext Context, SemaphoreSlim? Gate)
        : IAsyncDisposable, IDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (Gate?.Release() is null)
            {
                await Context.DisposeAsync().ConfigureAwait(false);
                await Scope.DisposeAsync().ConfigureAwait(false);
            }
        }

        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
