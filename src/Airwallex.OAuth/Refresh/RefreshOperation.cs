using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>
/// The heart: one refresh of one connection, in six steps, such that no crash, lost response or second instance can
/// lose it. It belongs to no
/// caller (step 6); callers await <see cref="Result"/>, which may come before the end: tokens that the store fails to
/// take are served from
/// memory.
/// </summary>
internal partial class RefreshOperation(
    AirwallexApplication application, AirwallexOAuthOptions options, TokenCacheEntry entry, RefreshRequest request,
    ActivityContext startedBy)
{
    private readonly RefreshTimings _timings = AirwallexApplication.TimingsOf(options);
    private readonly RefreshRules _rules = application.CreateRules(AirwallexApplication.TimingsOf(options));
    private readonly RefreshTrace _trace = application.Telemetry.StartRefresh(
        request.Trigger, entry.Key.AccountId, startedBy);
    private readonly TaskCompletionSource<RefreshResult> _result = new(application.Tasks.Continuations);

    /// <summary>Whether it did no more than look, so that its failure is not news.</summary>
    private bool _hasOnlyLooked;

    /// <summary>
    /// The token that the cache held when this operation last looked: another one means that it was overtaken.
    /// </summary>
    private CachedAccessToken _published = entry.Token;

    public RefreshRequest Request { get; } = request;

    /// <summary>What every caller that needs this refresh waits for.</summary>
    public Task<RefreshResult> Result => _result.Task;

    /// <summary>Why the tokens are not saved yet; null unless callers are served from memory.</summary>
    public AirwallexOAuthException? SaveFailure { get; private set; }

    public bool HasEnded { get; private set; }

    protected AirwallexApplication Application { get; } = application;

    protected TokenCacheEntry Entry { get; } = entry;

    private string AccountId => Entry.Key.AccountId;

    private DateTimeOffset Now => Application.Time.GetUtcNow();

    public async Task RunAsync()
    {
        var (result, failure) = (
            (RefreshResult?)null, new AirwallexOAuthException("The refresh ended without a result."));
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
            // Before callers go on: one whom the result does not satisfy starts another operation, and must not join
            // this one again.
            (Entry.Operation, HasEnded) = (null, true);
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
            if (Request.IsSatisfiedBy(current, Now, options))
            {
                Entry.Cooldown = null;
                return Done(current, "already_fresh");
            }

            OfferMeanwhile(current);
            EndIfInCooldown(current);
            var decision = Decide(current);
            if (decision.Kind != SendDecisionKind.Send)
            {
                if (Request.DoesNotWait && !(Request.IsAlone && decision.Kind == SendDecisionKind.Observe))
                {
                    return Done(current, "deferred");
                }

                await WaitAsync(decision, waits++).ConfigureAwait(false);
                continue;
            }

            if (await WriteAheadAsync(current, decision.IsLastSend).ConfigureAwait(false) is not { } lease)
            {
                continue;
            }

            var outcome = await SendAsync(lease, decision.IsLastSend).ConfigureAwait(false);
            if (outcome.Response is not null)
            {
                return await SaveAsync(lease, outcome).ConfigureAwait(false);
            }

            if (outcome.Refusal is not null)
            {
                await EndConnectionAsync(lease, outcome.Refusal).ConfigureAwait(false);
            }
            else if (outcome.Failure is not null)
            {
                throw await FailAsync(lease, outcome).ConfigureAwait(false);
            }
        }
    }

    // ---- Step 1: read the connection.

    protected virtual async Task<ConnectionState> ReadAsync()
    {
        ConnectionState? current;
        try
        {
            current = await Application.Store.FindAsync(Entry.Key).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException)
        {
            Entry.Knowledge = Entry.Knowledge.WithoutLooks();
            throw;
        }

        return current switch
        {
            null =>
                throw await Application.ExplainMissingAsync(Entry.Key, CancellationToken.None).ConfigureAwait(false),
            { IsReadable: false } => throw ConnectionErrors.Unreadable(AccountId),
            { IsActive: false } => throw ConnectionErrors.Ended(current),
            _ => current,
        };
    }

    // Should the refresh fail, an access token that is still valid for a moment is better than none.
    private void OfferMeanwhile(ConnectionState current)
    {
        if (Now < current.Tokens.AccessTokenExpiresAt)
        {
            Publish(current);
        }
    }

    /// <summary>Callers in a cooldown look, too; tokens that another instance got meanwhile lift it.</summary>
    private void EndIfInCooldown(ConnectionState current)
    {
        if (Entry.Cooldown is { } cooldown && !cooldown.IsOver(Application.Time, options) && cooldown.IsAbout(current))
        {
            _hasOnlyLooked = true;
            throw cooldown.ToException(AccountId, Application.Time);
        }
    }
}
