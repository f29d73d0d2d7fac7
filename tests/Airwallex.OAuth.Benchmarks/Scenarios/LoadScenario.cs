using System.Diagnostics;
using System.Runtime;
using Airwallex.OAuth.Benchmarks.Peers;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>
/// A steady load of 80,000 requests a second on one account, with refreshes and without. With refreshes, a token lives
/// 6 s and is replaced in the background after half of that, by an endpoint that takes 50 ms; without, the token
/// outlives the run. The machine disturbs the slowest requests more than refreshes do, and differently from minute to
/// minute. So blocks of 5 s with refreshes and without take turns in one process, and only neighbours are compared:
/// the figure is the median of their ratios, with its confidence interval.
/// </summary>
internal static class LoadScenario
{
    private const int Workers = 4;
    private const int RequestsATick = 100;
    private const int TicksABlock = 1_000;

    private const long MemoryOfABlock = 240 << 20;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(5); // A kernel's timer may be no finer.
    private static readonly TimeSpan s_endpoint = TimeSpan.FromMilliseconds(50);

    /// <param name="pairs">How many blocks with refreshes, and as many without; three pairs a minute.</param>
    public static async Task RunAsync(int pairs)
    {
        using var network = new Network();
        await using var lasting = await ConnectAsync(expiresIn: 86_400);
        await using var expiring = await ConnectAsync(expiresIn: 6);
        using var without = Airwallex(lasting, network);
        using var with = Airwallex(expiring, network);
        using var azureWithout = Azure(TimeSpan.FromHours(1), network);
        using var azureWith = Azure(TimeSpan.FromSeconds(3), network);

        var airwallex = new BlockComparison("Airwallex.OAuth", without.MeasureAsync, with.MeasureAsync);
        var azure = new BlockComparison("Azure.Core", azureWithout.MeasureAsync, azureWith.MeasureAsync);
        foreach (var comparison in new[] { airwallex, azure })
        {
            await comparison.RunPairAsync(withFirst: false);
            comparison.Clear(); // What was compiled meanwhile does not count.
        }

        for (var pair = 0; pair < pairs; pair++)
        {
            await airwallex.RunPairAsync(withFirst: pair % 2 == 1);
            await azure.RunPairAsync(withFirst: pair % 2 == 1);
        }

        Console.WriteLine(
            $"{Workers} workers, {RequestsATick} requests every {s_tick.TotalMilliseconds} ms each, {pairs} pairs of " +
            $"blocks of {TicksABlock * s_tick.TotalSeconds} s; medians of the blocks");
        Console.WriteLine("| client | refreshes a block | p50 | p99 | p99.9 | longest |");
        Console.WriteLine("|---|---|---|---|---|---|");
        airwallex.PrintBlocks();
        azure.PrintBlocks();
        Console.WriteLine();
        Console.WriteLine("| p99.9 with refreshes, of without | median | 95 % confidence | quartiles |");
        Console.WriteLine("|---|---|---|---|");
        airwallex.PrintRatios();
        azure.PrintRatios();
    }

    private static async Task<AirwallexPeer> ConnectAsync(int expiresIn)
    {
        var peer = new AirwallexPeer(async number =>
        {
            await Task.Delay(number == 1 ? TimeSpan.Zero : s_endpoint);
            return Tokens.ResponseWith("acct_one", expiresIn);
        });
        await peer.ConnectAsync("acct_one");
        return peer;
    }

    // Each block begins with a token that was just issued, so that every one with refreshes has exactly one.
    private static Subject Airwallex(AirwallexPeer peer, Network network) => new(
        () => peer.CreateClient(network, "acct_one"),
        () => peer.Connections.RefreshAsync("acct_one"),
        () => peer.TokenRequests);

    private static Subject Azure(TimeSpan refreshAfter, Network network)
    {
        var credential = new RefreshingCredential(refreshAfter);
        return new(
            () => AzureCore.Create(network, credential), static () => Task.CompletedTask, () => credential.Requests);
    }

    /// <summary>One client of each worker.</summary>
    private sealed class Subject(Func<Client> create, Func<Task> prepare, Func<int> tokenRequests) : IDisposable
    {
        private readonly Client[] _clients = [.. Enumerable.Range(0, Workers).Select(_ => create())];
        private readonly double[][] _samples =
            [.. Enumerable.Range(0, Workers).Select(_ => new double[TicksABlock * RequestsATick])];

        public async Task<Block> MeasureAsync()
        {
            await prepare();
            GC.TryStartNoGCRegion(MemoryOfABlock); // Else a collection falls into one block and not into the next.
            var before = tokenRequests();
            await WorkAsync();
            var refreshes = tokenRequests() - before;
            if (GCSettings.LatencyMode != GCLatencyMode.NoGCRegion)
            {
                throw new InvalidOperationException("A block allocates more than was set aside for it.");
            }

            GC.EndNoGCRegion();
            return Block.Of(refreshes, [.. _samples.SelectMany(one => one).Order()]);
        }

        public void Dispose() => Array.ForEach(_clients, static client => client.Dispose());

        // One timer for all workers: whether theirs coincide would be another matter of chance in each block.
        private async Task WorkAsync()
        {
            using var ticks = new PeriodicTimer(s_tick);
            for (var tick = 0; tick < TicksABlock; tick++)
            {
                await ticks.WaitForNextTickAsync();
                var first = tick * RequestsATick;
                await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => SendAsync(
                    _clients[worker], _samples[worker].AsMemory(first, RequestsATick)))));
            }
        }

        private static async Task SendAsync(Client client, Memory<double> samples)
        {
            for (var request = 0; request < samples.Length; request++)
            {
                var sentAt = Stopwatch.GetTimestamp();
                await client.SendAsync();
                samples.Span[request] = (Stopwatch.GetTimestamp() - sentAt) * 1e6 / Stopwatch.Frequency;
            }
        }
    }

    private sealed class RefreshingCredential(TimeSpan refreshAfter) : Azure.Core.TokenCredential
    {
        private int _requests;

        public int Requests => _requests;

        public override Azure.Core.AccessToken GetToken(
            Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken) =>
                throw new NotSupportedException();

        public override async ValueTask<Azure.Core.AccessToken> GetTokenAsync(
            Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            if (Interlocked.Increment(ref _requests) > Workers)
            {
                await Task.Delay(s_endpoint, cancellationToken);
            }

            var now = DateTimeOffset.UtcNow;
            return new(Tokens.Access, now.AddHours(2), now + refreshAfter);
        }
    }
}
