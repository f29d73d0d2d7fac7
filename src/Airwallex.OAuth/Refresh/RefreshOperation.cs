using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>
/// The heart: one refresh of one connection, in six steps, such that no crash, lost response or second instance can
/// lose it. It belongs to no caller (step 6): callers await <see cref="Result"/>, and canceling frees them alone.
/// </summary>
internal partial class RefreshOperation(
    AirwallexApplication application, AirwallexOAuthOptions options, TokenCacheEntry entry, RefreshRequest request,
    ActivityContext startedBy)
{
    private readonly RefreshRules _rules = application.CreateRules(options);
    private readonly RefreshTrace _trace = application.Telemetry.StartRefresh(
        request.Trigger, entry.Key.AccountId, startedBy);
    private readonly TaskCompletionSource<RefreshResult> _result = new(application.Tasks.Continuations);

    private bool _hasOnlyLooked; // Its failure is not news.

    /// <summary>The token that was in use when it last looked: another one means that it was overtaken.</summary>
    private CachedAccessToken _published = entry.Token;

    public RefreshRequest Request { get; } = request;

    public string AccountId => entry.Key.AccountId;

    /// <summary>May come before the end: tokens that the store fails to take are served from memory.</summary>
    public Task<RefreshResult> Result => _result.Task;

    /// <summary>Why the tokens are not saved yet; null unless callers are served from memory.</summary>
    public AirwallexOAuthException? SaveFailure { get; private set; }

    public bool HasEnded { get; private set; }

    private RefreshTimings Timings => _rules.Timings;

    private string TokenEndpoint => AirwallexEndpoints.For(options).TokenEndpoint.AbsoluteUri;

    private DateTimeOffset Now => application.Time.GetUtcNow();

    public async Task RunAsync()
    {
        RefreshResult? result = null;
        var failure = new AirwallexOAuthException("The refresh ended without a result.");
        try
        {
            result = await RefreshAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            failure = exception as AirwallexOAuthException ?? ConnectionErrors.Unexpected(AccountId, exception);
            Report(failure);
        }
        finally
        {
            // Before callers go on: one whom the result does not satisfy must start another operation, not join this.
            (entry.Operation, HasEnded) = (null, true);
            _ = result is not null ? _result.TrySetResult(result) : _result.TrySetException(failure);
            _ = _result.Task.Exception; // Seen: a background refresh has no caller, and it was logged.
        }
    }

    /// <summary>A refresh, step by step.</summary>
    private async Task<RefreshResult> RefreshAsync()
    {
        for (var waits = 0; ;)
        {
            var current = await ReadAsync().ConfigureAwait(false);
            if (IsSatisfiedBy(current))
            {
                return Done(current, "already_fresh");
            }

            var decision = Decide(current);
            if (decision.Kind != SendDecisionKind.Send)
            {
                if (IsDeferred(decision))
                {
                    return Done(current, "deferred");
                }

                await WaitAsync(decision, waits++).ConfigureAwait(false);
            }
            else if (await WriteAheadAsync(current, decision.IsLastSend).ConfigureAwait(false) is { } lease)
            {
                var outcome = await SendAsync(lease, decision.IsLastSend).ConfigureAwait(false);
                switch (outcome)
                {
                    case { Response: not null }:
                        return await SaveAsync(lease, outcome).ConfigureAwait(false);
                    case { Refusal: { } refusal }:
                        await EndConnectionAsync(lease, refusal).ConfigureAwait(false);
                        break;
                    case { Failure: { } failure }:
                        throw await FailAsync(lease, failure, outcome.IsInDoubt).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Step 1: read the connection.</summary>
    protected virtual async Task<ConnectionState> ReadAsync()
    {
        ConnectionState? current;
        try
        {
            current = await application.Store.FindAsync(entry.Key).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException)
        {
            entry.Knowledge = entry.Knowledge.WithoutLooks();
            throw;
        }

        return current is not null
            ? Usable(current)
            : throw await application.ExplainMissingAsync(entry.Key, CancellationToken.None).ConfigureAwait(false);
    }

    private ConnectionState Usable(ConnectionState current) => current switch
    {
        { IsReadable: false } => throw ConnectionErrors.Unreadable(AccountId),
        { IsActive: false } => throw ConnectionErrors.Ended(current),
        _ => current,
    };

    /// <summary>Callers in a cooldown look, too; tokens that another instance got meanwhile lift it.</summary>
    private bool IsSatisfiedBy(ConnectionState current)
    {
        if (Request.IsSatisfiedBy(current, Now, options))
        {
            entry.Cooldown = null;
            return true;
        }

        // Should the refresh fail, an access token that is still valid for a moment is better than none.
        if (Now < current.Tokens.AccessTokenExpiresAt)
        {
            Publish(current);
        }

        if (entry.ActiveCooldown(application.Time, options) is { } cooldown && cooldown.IsAbout(current)
            && !_rules.MustStart(Effective(current), Now))
        {
            _hasOnlyLooked = true;
            throw cooldown.ToException(AccountId, application.Time);
        }

        return false;
    }
}
