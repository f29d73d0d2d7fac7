using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// One request with a cached token. The inner handler completes at once, or later: between send and await. Methods
/// ending in "Constant" are the peers' own baselines, in the pipeline that the peer needs.
/// </summary>
[MemoryDiagnoser]
public class RequestBenchmarks : PeerBenchmarks
{
    private Client[] _clients = null!;

    /// <summary>Whether the inner handler completes later.</summary>
    [Params(false, true)]
    public bool Later { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var peer = Connect("acct_one");
        _clients =
        [
            ConstantHeader.Create(Network), peer.CreateClient(Network, "acct_one"),
            DuendeOidcClient.Create(Network), MicrosoftIdentity.Create(Network),
            AzureCore.CreateBaseline(Network), AzureCore.Create(Network),
            GoogleAuth.CreateBaseline(Network), GoogleAuth.Create(Network),
            AwaitedConstantHeader.Create(Network),
        ];
    }

    [Benchmark(Baseline = true)]
    public Task Constant() => SendAsync(_clients[0]);

    /// <summary>One await and nothing else: the least for a handler that looks at the response.</summary>
    [Benchmark]
    public Task ConstantAwaited() => SendAsync(_clients[8]);

    [Benchmark]
    public Task Airwallex() => SendAsync(_clients[1]);

    [Benchmark]
    public Task DuendeOidc() => SendAsync(_clients[2]);

    [Benchmark]
    public Task Msal() => SendAsync(_clients[3]);

    [Benchmark]
    public Task AzureConstant() => SendAsync(_clients[4]);

    [Benchmark]
    public Task Azure() => SendAsync(_clients[5]);

    [Benchmark]
    public Task GoogleConstant() => SendAsync(_clients[6]);

    [Benchmark]
    public Task Google() => SendAsync(_clients[7]);

    private Task SendAsync(Client client)
    {
        if (!Later)
        {
            return client.SendAsync();
        }

        var response = Network.CompleteLater();
        var sending = client.SendAsync();
        Network.Complete(response);
        return sending;
    }
}
