using System.Diagnostics;
using Airwallex.OAuth.Benchmarks.Peers;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// The same requests as <see cref="RequestBenchmarks"/>, as the lowest of 1,000 short batches by turns. Short batches
/// fit between the interruptions of a busy machine, which BenchmarkDotNet's long ones do not.
/// </summary>
internal static class LowestOfBatches
{
    private const int Rounds = 1_000;
    private const int Calls = 2_000;

    public static async Task RunAsync()
    {
        using var network = new Network();
        await using var peer = new AirwallexPeer(_ => Task.FromResult(Tokens.ResponseWith("acct_one", 86_400)));
        await peer.ConnectAsync("acct_one");
        (string Name, Client Client, int Baseline)[] clients =
        [
            ("constant header", ConstantHeader.Create(network), 0),
            ("Airwallex.OAuth", peer.CreateClient(network, "acct_one"), 0),
            ("Duende.IdentityModel.OidcClient", DuendeOidcClient.Create(network), 0),
            ("Microsoft.Identity.Client", MicrosoftIdentity.Create(network), 0),
            ("Azure.Core, constant header", AzureCore.CreateBaseline(network), 4),
            ("Azure.Core", AzureCore.Create(network), 4),
            ("Google.Apis.Auth, constant header", GoogleAuth.CreateBaseline(network), 6),
            ("Google.Apis.Auth", GoogleAuth.Create(network), 6),
        ];
        var lowest = new double[clients.Length];
        Array.Fill(lowest, double.MaxValue);
        var clock = Lowest(static () => TimeProvider.System.GetUtcNow(), double.MaxValue);
        for (var round = 0; round < Rounds; round++)
        {
            for (var index = 0; index < clients.Length; index++)
            {
                var client = clients[index].Client;
                lowest[index] = Lowest(() => client.SendAsync(), lowest[index]);
            }

            clock = Lowest(static () => TimeProvider.System.GetUtcNow(), clock);
        }

        Console.WriteLine("| client | ns a request | over its constant header |");
        Console.WriteLine("|---|---|---|");
        for (var index = 0; index < clients.Length; index++)
        {
            var (name, client, baseline) = clients[index];
            Console.WriteLine(
                FormattableString.Invariant(
                    $"| {name} | {lowest[index]:0.0} | {lowest[index] - lowest[baseline]:0.0} |"));
            client.Dispose();
        }

        Console.WriteLine(FormattableString.Invariant($"One look at the system's clock: {clock:0.0} ns"));
    }

    private static double Lowest<T>(Func<T> call, double lowest)
    {
        var startedAt = Stopwatch.GetTimestamp();
        for (var number = 0; number < Calls; number++)
        {
            call();
        }

        return Math.Min(lowest, Stopwatch.GetElapsedTime(startedAt).TotalNanoseconds / Calls);
    }
}
