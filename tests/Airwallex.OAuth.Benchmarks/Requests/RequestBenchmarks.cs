using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// One request with a cached token. The inner handler completes at once, or later: between send and await. Methods
/// ending in "Constant" are the peers' own baselines, in the pipeline that the peer needs.
/// </summary>
[MemoryDiagnoser]
public class RequestBenchmarks : IDisposable
{
    private readonly Network _network = new();
    private AirwallexPeer _peer = null!;
    private Client[] _clients = null!;

    /// <summary>Whether the inner handler completes later.</summary>
    [Params(false, true)]
    public bool Later { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _peer = new AirwallexPeer(_ => Task.FromResult(Tokens.ResponseWith("acct_one", 86_400)));
        _peer.ConnectAsync("acct_one").GetAwaiter().GetResult();
        _clients =
        [
            ConstantHeader.Create(_network), _peer.CreateClient(_network, "acct_one"),
            DuendeOidcClient.Create(_network), MicrosoftIdentity.Create(_network),
            AzureCore.CreateBaseline(_network), AzureCore.Create(_network),
            GoogleAuth.CreateBaseline(_network), GoogleAuth.Create(_network),
            AwaitedConstantHeader.Create(_network),
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

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (var client in _clients ?? [])
        {
            client.Dispose();
        }

        _peer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _network.Dispose();
        GC.SuppressFinalize(this);
    }

    private Task SendAsync(Client client)
    {
        if (!Later)
        {
            return client.SendAsync();
        }

        var response = _network.CompleteLater();
        var sending = client.SendAsync();
        Network.Complete(response);
        return sending;
    }
}
