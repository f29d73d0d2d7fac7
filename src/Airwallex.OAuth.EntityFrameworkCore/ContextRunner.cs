using System.Data.Common;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Runs each operation in a context of its own. A context that cannot keep connections is refused at the start of the
/// host, or at first use where there is none. Thread-safe.
/// </summary>
internal sealed class ContextRunner<TContext>(IServiceScopeFactory scopes, TimeProvider time) : IHostedService
    where TContext : DbContext
{
    // The nine delays between them take 4 s on average and 8 s at most, less than a call of the store may take.
    private const int MaxTries = 10;

    // A service provider that is being disposed makes no context, and a token response that arrives then must be saved:
    // one that was validated is kept, here while nobody uses it. It is never disposed, which could wait for a statement
    // that hangs; between statements it holds no connection.
    private readonly Channel<TContext> _kept = Channel.CreateBounded<TContext>(1);
    private volatile bool _isValid;

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

    private async Task<T> RunOnceAsync<T>(Func<TContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await ValidateAsync().ConfigureAwait(false);
        if (CreateUnlessDisposed() is var (scope, context))
        {
            await using var scopeDisposal = scope.ConfigureAwait(false);
            await using var contextDisposal = context.ConfigureAwait(false);
            return await work(context).ConfigureAwait(false);
        }

        var kept = await _kept.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            kept.ChangeTracker.Clear();
            return await work(kept).ConfigureAwait(false);
        }
        finally
        {
            _kept.Writer.TryWrite(kept);
        }
    }

    private async Task ValidateAsync()
    {
        if (_isValid)
        {
            return;
        }

        try
        {
            var (otherScope, other) = Create();
            await using var otherScopeDisposal = otherScope.ConfigureAwait(false);
            await using var otherDisposal = other.ConfigureAwait(false);
            var (scope, kept) = Create();
            var fault = ConnectionTable.FindFault(kept, other);
            if (fault is not null || !_kept.Writer.TryWrite(kept))
            {
                await kept.DisposeAsync().ConfigureAwait(false);
                await scope.DisposeAsync().ConfigureAwait(false);
            }

            _isValid = fault is null ? true : throw new AirwallexOAuthException(
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

    private (AsyncServiceScope Scope, TContext Context) Create()
    {
        var scope = scopes.CreateAsyncScope();
        return (scope, scope.ServiceProvider.GetService<IDbContextFactory<TContext>>()?.CreateDbContext()
            ?? scope.ServiceProvider.GetRequiredService<TContext>());
    }

    /// <summary>Null when the service provider is being disposed.</summary>
    private (AsyncServiceScope Scope, TContext Context)? CreateUnlessDisposed()
    {
        try
        {
            return Create();
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
