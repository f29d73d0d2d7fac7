using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// The composition root: how the objects of one application fit together. The facade, the handler, the hosted service
/// and the health check are given it. Disposing it waits for what is in flight.
/// </summary>
internal sealed partial class AirwallexApplication : IAsyncDisposable, IDisposable
{
    private readonly ApplicationParts _parts;
    private readonly RepeatedFailureLog _failures;
    private readonly ConcurrentDictionary<string, TokenCache> _caches = new(StringComparer.Ordinal);
    private volatile TokenCache? _cache;
    private int _responsesHeld;
    private volatile bool _isStopped;

    public AirwallexApplication(ApplicationParts parts)
    {
        _parts = parts;
        Time = GuardedClock.Around(parts.Time);
        _failures = new RepeatedFailureLog(Time);
        Serializer = new ConnectionSerializer(parts.Protection);
        Store = new GuardedTokenStore(parts.Store, Serializer, Tasks, () => TimingsOf(Options), Time, Telemetry);
        Refresher = new Refresher(this);
        Tokens = new AccessTokenProvider(this);
        Changes = new ConnectionChanges(this);
        KeepAlive = new KeepAliveRound(this);
        Credentials = new ClientCredentialsMonitor(Time);
        Connections = new AirwallexConnections(this);
    }

    public string Name => _parts.Name;

    public AirwallexOAuthOptions Options => _parts.Options();

    public GuardedClock Time { get; }

    public Jitter Jitter => _parts.Jitter;

    public BackgroundTasks Tasks => _parts.Tasks;

    public ILogger Log => _parts.Log;

    public Telemetry Telemetry => _parts.Telemetry;

    public ConnectionSerializer Serializer { get; }

    public GuardedTokenStore Store { get; }

    public Refresher Refresher { get; }

    public AccessTokenProvider Tokens { get; }

    public ConnectionChanges Changes { get; }

    public KeepAliveRound KeepAlive { get; }

    public ClientCredentialsMonitor Credentials { get; }

    public AirwallexConnections Connections { get; }

    /// <summary>
    /// Whether the keep-alive runs. Without it, callers finish unfinished refreshes, and nothing is refreshed in the
    /// background.
    /// </summary>
    public bool HostIsRunning { get; set; }

    /// <summary>How many responses are held in memory because saving fails.</summary>
    public int ResponsesHeld => Volatile.Read(ref _responsesHeld);

    /// <summary>
    /// The options as they are now, and the cache of their client id: tokens of another one are out of use.
    /// </summary>
    public (AirwallexOAuthOptions Options, TokenCache Cache) Current
    {
        get
        {
            if (!HostIsRunning)
            {
                _parts.UsedWithoutHost();
            }

            var options = Options;
            return (options, CacheOf(options));
        }
    }

    /// <summary>
    /// The cache of the client id of these options, which are the latest: the hot path reads them once.
    /// </summary>
    public TokenCache CacheOf(AirwallexOAuthOptions options)
    {
        var cache = _cache;
        if (cache is not null && ReferenceEquals(cache.Options, options))
        {
            return cache;
        }

        // A client id that comes back finds its operations again, and the responses that they hold.
        cache = _caches.GetOrAdd(options.ClientId, static (_, first) => new TokenCache(first), options);
        cache.Options = options;
        _cache = cache;
        return cache;
    }

    /// <summary>Evicts what nobody uses, of client ids that are out of use, too.</summary>
    public void EvictIdle()
    {
        foreach (var (_, cache) in _caches)
        {
            cache.EvictIdle(Time);
        }
    }

    public TokenClient TokenClient() => _parts.TokenClient();

    public static RefreshTimings TimingsOf(AirwallexOAuthOptions options) => new(options.GracePeriod);

    public RefreshRules CreateRules(AirwallexOAuthOptions options) => _parts.CreateRules(TimingsOf(options));

    public RefreshOperation CreateOperation(
        AirwallexOAuthOptions options, TokenCacheEntry entry, RefreshRequest request, ActivityContext startedBy) =>
        _parts.CreateOperation(this, options, entry, request, startedBy);

    public RefreshRequest NewRequest(RefreshTrigger trigger) =>
        new(trigger) { AskedAt = Time.GetTimestamp(), IsAlone = !(HostIsRunning && Options.KeepAlive.Enabled) };

    public Task<RefreshResult> RefreshAsync(
        string accountId, RefreshTrigger trigger, CancellationToken cancellationToken) =>
        RefreshAsync(accountId, NewRequest(trigger), cancellationToken);

    /// <summary>A refresh that a caller waits for: not longer than 30 s.</summary>
    public Task<RefreshResult> RefreshAsync(
        string accountId, RefreshRequest request, CancellationToken cancellationToken) =>
        Refresher.RunAsync(accountId, request, TimingsOf(Options).CallerTimeout, cancellationToken);

    /// <summary>One round; in a program without a host, which may end after it, observers are told before.</summary>
    public async Task<KeepAliveResult> KeepAliveOnceAsync(CancellationToken cancellationToken)
    {
        var result = await KeepAlive.RunAsync(cancellationToken).ConfigureAwait(false);
        if (!HostIsRunning)
        {
            await _parts.Events.DrainAsync(cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    /// <summary>A refresh of the keep-alive: how it ended, and why when it failed.</summary>
    public async Task<(RefreshEnd End, AirwallexOAuthException? Failure)> KeepAliveAsync(
        string accountId, RefreshTrigger trigger)
    {
        try
        {
            var request = NewRequest(trigger);
            var result = await Refresher
                .RunAsync(accountId, request, Timeout.InfiniteTimeSpan, CancellationToken.None).ConfigureAwait(false);
            var isDone = result.SentAt is not null || request.IsSatisfiedBy(
                result.Connection, Time.GetUtcNow(), Options);
            return (isDone ? RefreshEnd.Refreshed : RefreshEnd.Deferred, null);
        }
        catch (AirwallexOAuthException exception)
        {
            // Logged and told to observers where it happened.
            var hasEnded = exception is ReauthorizationRequiredException or ConnectionNotFoundException;
            return (hasEnded ? RefreshEnd.Ended : RefreshEnd.Failed, exception);
        }
    }

    public Task DelayAsync(TimeSpan delay) => Task.Delay(delay > TimeSpan.Zero ? delay : TimeSpan.Zero, Time);

    /// <summary>Waits before another look at a lease, longer each time: it may end before its time.</summary>
    public Task WaitForLeaseAsync(DateTimeOffset end, int waits, RefreshTimings timings)
    {
        var wait = Jitter.Backoff(timings.FirstLeaseWait, waits, timings.LongestLeaseWait);
        var left = end - Time.GetUtcNow();
        return DelayAsync(wait < left ? wait : left);
    }

    /// <summary>
    /// Page after page of what the store lists. Its word is not taken for it: rows that do not match are dropped.
    /// </summary>
    public async IAsyncEnumerable<IReadOnlyList<StoredConnection>> PagesAsync(
        ConnectionQuery query,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await Store.ListAsync(query, cancellationToken).ConfigureAwait(false);
            yield return [.. page.Where(query.Matches)];
            if (page.Count < query.Limit)
            {
                yield break;
            }

            query = query with { After = page[^1] };
        }
    }

    /// <summary>Waits for operations in flight and for observers; after it, disposing waits no more.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        HostIsRunning = false;
        if (await Tasks.WhenIdleAsync(cancellationToken).ConfigureAwait(false) is > 0 and var running)
        {
            Log.StoppedWhileRefreshing(running, ResponsesHeld);
        }

        await _parts.Events.DrainAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // Twice the grace period: the longest send, and its save. A test's clock may stand still for good.
        var longest = TimingsOf(LastOptions()).GracePeriod * 2;
        var isTest = !Time.IsSystem;
        var left = _isStopped ? TimeSpan.Zero : isTest ? TimeSpan.FromSeconds(30) : longest;
        var time = TimeProvider.System;
        using var limit = new CancellationTokenSource(left, time);
        await StopAsync(limit.Token).ConfigureAwait(false);
        _failures.Dispose();
        await Telemetry.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private AirwallexOAuthOptions LastOptions() => _cache?.Options ?? new AirwallexOAuthOptions();
}
