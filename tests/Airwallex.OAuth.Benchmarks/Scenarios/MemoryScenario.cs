using System.Diagnostics;
using Airwallex.OAuth.Benchmarks.Peers;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>
/// Accounts that are touched once: what each costs while its token lives, and after. The store keeps nothing in memory.
/// </summary>
internal static class MemoryScenario
{
    public static async Task RunAsync(int accounts)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        foreach (var length in new[] { 1, Tokens.Access.Length })
        {
            var protection = new EphemeralDataProtectionProvider();
            var store = new EndlessStore(protection, time, new string('a', length));
            await using var peer = new AirwallexPeer(
                _ => throw new InvalidOperationException("Nothing is refreshed."), store, protection, time);
            var ids = Enumerable.Range(0, accounts).Select(account => $"acct_{account:0000000}").ToArray();
            await peer.Connections.GetAccessTokenAsync("acct_warm_up");
            var (threads, before) = (Process.GetCurrentProcess().Threads.Count, Heap());

            await Parallel.ForEachAsync(ids, async (id, stop) => await peer.Connections.GetAccessTokenAsync(id, stop));
            var (touched, timers) = (Heap() - before, Timer.ActiveCount);
            Report($"touched, access token of {length} characters", touched, accounts);
            Console.WriteLine(
                $"  timers {timers}, threads {threads} before, {Process.GetCurrentProcess().Threads.Count} after");

            time.Advance(TimeSpan.FromMinutes(10));
            peer.Application.Current.Cache.EvictIdle(time);
            Report("  idle, evicted", Heap() - before, accounts);
            GC.KeepAlive(ids);
        }
    }

    private static void Report(string what, long bytes, int accounts) =>
        Console.WriteLine(
            FormattableString.Invariant(
                $"{accounts} accounts, {what}: {bytes / 1_048_576.0:0.0} MiB, {(double)bytes / accounts:0} B each"));

    private static long Heap()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <summary>Has a connection of every account, made when it is read.</summary>
    private sealed class EndlessStore(
        IDataProtectionProvider protection, TimeProvider time, string accessToken) : ITokenStore
    {
        private readonly ConnectionSerializer _serializer = new(protection);

        public ValueTask<StoredConnection?> FindAsync(ConnectionKey key, CancellationToken cancellationToken = default)
        {
            var now = time.GetUtcNow();
            return new(_serializer.Write(new ConnectionState
            {
                Key = key,
                Version = "1",
                AuthorizationId = "1",
                ConnectedAt = now,
                StatusChangedAt = now,
                RenewAt = now.AddDays(60),
                Tokens = new TokenSet
                {
                    AccountId = key.AccountId,
                    AccessToken = accessToken,
                    RefreshToken = "refresh",
                    IssuedAt = now,
                    AccessTokenExpiresAt = now.AddMinutes(5),
                    RefreshTokenExpiresAt = now.AddDays(90),
                    Scopes = [],
                },
            }));
        }

        public ValueTask<bool> TrySaveAsync(
            StoredConnection connection, string? expectedVersion, CancellationToken cancellationToken = default) =>
                new(true);

        public ValueTask<bool> TryDeleteAsync(
            ConnectionKey key, string expectedVersion, CancellationToken cancellationToken = default) => new(true);

        public ValueTask<IReadOnlyList<StoredConnection>> ListAsync(
            ConnectionQuery query, CancellationToken cancellationToken = default) =>
                new((IReadOnlyList<StoredConnection>)[]);

        public ValueTask<IReadOnlyList<ConnectionSummary>> SummarizeAsync(
            DateTimeOffset now, CancellationToken cancellationToken = default) =>
                new((IReadOnlyList<ConnectionSummary>)[]);
    }
}
