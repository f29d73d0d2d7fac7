using System.Diagnostics;
using System.Globalization;
using Airwallex.OAuth.Benchmarks.Peers;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>
/// A steady load over many expiries: 2,000 requests a second on one account for 10 s. With refreshes, a token lives 3 s
/// and is replaced in the background after half of that, by an endpoint that takes 50 ms; without, the token outlives
/// the run. Rounds take turns.
/// </summary>
internal static class LoadScenario
{
    private const int Workers = 4;
    private const int Rounds = 2;

    private static readonly TimeSpan s_length = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(2);

    public static async Task RunAsync()
    {
        Console.WriteLine(
            $"{Workers} workers, a request every {s_interval.TotalMilliseconds} ms each, {s_length.TotalSeconds} s, " +
            $"{Rounds} rounds by turns");
        Console.WriteLine("| peer | refreshes | p50 | p99 | p99.9 | longest |");
        Console.WriteLine("|---|---|---|---|---|---|");
        for (var round = 0; round < Rounds; round++)
        {
            await AirwallexAsync("Airwallex.OAuth without refreshes", expiresIn: 86_400);
            await AirwallexAsync("Airwallex.OAuth with refreshes", expiresIn: 3);
            await AzureAsync("Azure.Core without refreshes", TimeSpan.FromHours(1));
            await AzureAsync("Azure.Core with refreshes", TimeSpan.FromSeconds(1.5));
        }
    }

    private static async Task AirwallexAsync(string name, int expiresIn)
    {
        await using var peer = new AirwallexPeer(async number =>
        {
            await Task.Delay(number == 1 ? 0 : 50);
            return Tokens.ResponseWith("acct_one", expiresIn);
        });
        await peer.ConnectAsync("acct_one");
        using var network = new Network();
        await MeasureAsync(name, _ => peer.CreateClient(network, "acct_one"), () => peer.TokenRequests - 1);
    }

    private static async Task AzureAsync(string name, TimeSpan refreshAfter)
    {
        var credential = new RefreshingCredential(refreshAfter);
        using var network = new Network();
        await MeasureAsync(name, _ => AzureCore.Create(network, credential), () => credential.Requests - Workers);
    }

    private static async Task MeasureAsync(string name, Func<int, Client> create, Func<int> refreshes)
    {
        var clients = Enumerable.Range(0, Workers).Select(create).ToList();
        foreach (var client in clients)
        {
            for (var request = 0; request < 20_000; request++)
            {
                await client.SendAsync();
            }
        }

        var before = refreshes();
        var samples = (
            await Task.WhenAll(clients.Select(client => Task.Run(() => WorkAsync(client))))).SelectMany(one =>
                one).ToList();
        samples.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {refreshes() - before} | {At(0.5):0.0} µs | {At(0.99):0.0} µs | {At(0.999):0.0} µs | " +
            $"{samples[^1]:0.0} µs |"));
        clients.ForEach(client => client.Dispose());

        double At(double share) => samples[(int)(samples.Count * share)];
    }

    private static async Task<List<double>> WorkAsync(Client client)
    {
        var samples = new List<double>(10_000);
        using var ticks = new PeriodicTimer(s_interval);
        var startedAt = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(startedAt) < s_length && await ticks.WaitForNextTickAsync())
        {
            var sentAt = Stopwatch.GetTimestamp();
            await client.SendAsync();
            samples.Add(Stopwatch.GetElapsedTime(sentAt).TotalMicroseconds);
        }

        return samples;
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
                await Task.Delay(50, cancellationToken);
            }

            var now = DateTimeOffset.UtcNow;
            return new(Tokens.Access, now.AddHours(2), now + refreshAfter);
        }
    }
}
