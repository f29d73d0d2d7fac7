using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>Single flight: one operation per connection, which callers start or join. Thread-safe.</summary>
internal sealed class Refresher(AirwallexApplication application)
{
    /// <summary>Starts a refresh or joins the one that runs. Canceling frees the caller alone (step 6).</summary>
    public async Task<RefreshResult> RunAsync(
        string accountId, RefreshRequest request, TimeSpan limit, CancellationToken cancellationToken)
    {
        var startedAt = application.Time.GetTimestamp();
        while (true)
        {
            var operation = await StartOrJoinAsync(accountId, request, cancellationToken).ConfigureAwait(false);
            var elapsed = application.Time.GetElapsedTime(startedAt);
            var left = limit == Timeout.InfiniteTimeSpan ? limit : limit - elapsed;
            try
            {
                var result = await application.Tasks.WaitAsync(
                    operation.Result, left, application.Time, cancellationToken).ConfigureAwait(false);
                if (ReferenceEquals(operation.Request, request) || IsSatisfied(request, result))
                {
                    return result;
                }
            }
            catch (TimeoutException exception)
            {
                throw ConnectionErrors.TakesLong(accountId, exception);
            }

            if (operation.SaveFailure is { } unsaved && !operation.HasEnded)
            {
                throw ConnectionErrors.NotSavedYet(accountId, unsaved);
            }
        }
    }

    /// <summary>Starts a refresh that nobody waits for, unless one runs or the account cools down.</summary>
    public void StartInBackground(TokenCacheEntry entry, RefreshTrigger trigger)
    {
        if (entry.Operation is null && entry.Cooldown is null)
        {
            // Its failure is logged where it happens, and belongs to no caller.
            var (id, request) = (entry.Key.AccountId, application.NewRequest(trigger));
            BackgroundTasks.Forget(RunAsync(id, request, Timeout.InfiniteTimeSpan, CancellationToken.None));
        }
    }

    private async Task<RefreshOperation> StartOrJoinAsync(
        string accountId, RefreshRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (options, cache) = application.Current;
            var entry = cache.Get(accountId);
            var gate = cache.GateOf(entry);
            await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (!entry.IsEvicted)
                {
                    return entry.Operation ?? Start(options, entry, request);
                }
            }
            finally
            {
                gate.Release();
            }
        }
    }

    private RefreshOperation Start(AirwallexOAuthOptions options, TokenCacheEntry entry, RefreshRequest request)
    {
        // In a cooldown, a caller looks at most once a second: another instance may have new tokens.
        if (entry.ActiveCooldown(application.Time, options) is { } cooldown)
        {
            var interval = AirwallexApplication.TimingsOf(options).CooldownLookInterval;
            entry.Cooldown = application.Time.GetElapsedTime(cooldown.LookedAt) >= interval
                ? cooldown with { LookedAt = application.Time.GetTimestamp() }
                : throw cooldown.ToException(entry.Key.AccountId, application.Time);
        }

        var startedBy = Activity.Current?.Context ?? default;
        var operation = application.CreateOperation(options, entry, request, startedBy);
        entry.Operation = operation; // Until it ends, which may be before this returns.
        application.Tasks.Start(operation.RunAsync);
        return operation;
    }

    // Tokens issued since the caller asked are as fresh as can be, even when this machine's clock says they expire.
    private bool IsSatisfied(RefreshRequest request, RefreshResult result) =>
        result.SentAt >= request.AskedAt
        || request.IsSatisfiedBy(result.Connection, application.Time.GetUtcNow(), application.Options);
}
