using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>The connections of one client id that this process has touched lately. Lock-free to read.</summary>
internal sealed class TokenCache(AirwallexOAuthOptions options)
{
    /// <summary>An access token that expired this long ago shows that nobody calls the API for the account.</summary>
    private static readonly TimeSpan IdleAfterExpiry = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, TokenCacheEntry> _entries = new(StringComparer.Ordinal);

    // A gate is held for a moment only, to start or to join: accounts can share them, and an idle account has none.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1, 1))];

    /// <summary>The options that the cache was last used with; it serves their client id alone.</summary>
    public AirwallexOAuthOptions Options { get; set; } = options;

    public IEnumerable<TokenCacheEntry> Entries => _entries.Select(static one => one.Value);

    public TokenCacheEntry? Find(string accountId) => _entries.TryGetValue(accountId, out var entry) ? entry : null;

    public TokenCacheEntry Get(string accountId) => _entries.GetOrAdd(
        accountId,
        static (id, options) => new TokenCacheEntry(new ConnectionKey { AccountId = id, ClientId = options.ClientId }),
        Options);

    /// <summary>Lets one at a time start a refresh of the account or join it.</summary>
    public SemaphoreSlim GateOf(TokenCacheEntry entry) =>
        _gates[(uint)entry.Key.AccountId.GetHashCode(StringComparison.Ordinal) % (uint)_gates.Length];

    /// <summary>Evicts entries that nobody uses. What matters about them is in the store.</summary>
    public void EvictIdle(TimeProvider time)
    {
        var now = time.GetUtcNow();
        foreach (var entry in Entries.Where(entry => IsIdle(entry, now, time) && GateOf(entry).Wait(0)))
        {
            try
            {
                // Looked at again inside the gate: a refresh may have begun meanwhile.
                if (IsIdle(entry, now, time))
                {
                    entry.IsEvicted = true;
                    _entries.TryRemove(new KeyValuePair<string, TokenCacheEntry>(entry.Key.AccountId, entry));
                }
            }
            finally
            {
                GateOf(entry).Release();
            }
        }
    }

    private bool IsIdle(TokenCacheEntry entry, DateTimeOffset now, TimeProvider time) =>
        entry.Operation is null
        && new DateTimeOffset(entry.Token.ExpiresAtTicks, TimeSpan.Zero) < now - IdleAfterExpiry
        && (entry.Cooldown is not { } cooldown || time.GetElapsedTime(cooldown.UntilTimestamp) > IdleAfterExpiry)
        && entry.Knowledge.IsDispensable(time, AirwallexApplication.TimingsOf(Options));
}
