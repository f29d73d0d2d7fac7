using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// 64 requests with a cached token that are all sent before the first response comes; the figures are per request.
/// </summary>
[MemoryDiagnoser]
public class BurstBenchmarks : IDisposable
{
    private const int Requests = 64;

    private readonly Network _network = new();
    private readonly TaskCompletionSource<HttpResponseMessage>[] _responses =
        new TaskCompletionSource<HttpResponseMessage>[Requests];

    private AirwallexPeer _peer = null!;
    private Client[] _clients = null!;

    [GlobalSetup]
    public void Setup()
    {
        _peer = new AirwallexPeer(_ => Task.FromResult(Tokens.ResponseWith("acct_one", 86_400)));
        _peer.ConnectAsync("acct_one").GetAwaiter().GetResult();
        _clients =
        [
            ConstantHeader.Create(_network), AwaitedConstantHeader.Create(_network),
            _peer.CreateClient(_network, "acct_one"), DuendeOidcClient.Create(_network),
        ];
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Requests)]
    public Task Constant() => SendAsync(_clients[0]);

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task ConstantAwaited() => SendAsync(_clients[1]);

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task Airwallex() => SendAsync(_clients[2]);

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task DuendeOidc() => SendAsync(_clients[3]);

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
        var last = Task.CompletedTask;
        for (var request = 0; request < Requests; request++)
        {
            _responses[request] = _network.CompleteLater();
            last = client.SendAsync();
        }

        foreach (var response in _responses)
        {
            Network.Complete(response);
        }

        return last;
    }
}
