using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// 64 requests with a cached token that are all sent before the first response comes; the figures are per request.
/// </summary>
[MemoryDiagnoser]
public class BurstBenchmarks : PeerBenchmarks
{
    private const int Requests = 64;

    private readonly TaskCompletionSource<HttpResponseMessage>[] _responses =
        new TaskCompletionSource<HttpResponseMessage>[Requests];

    private Client[] _clients = null!;

    [GlobalSetup]
    public void Setup()
    {
        var peer = Connect("acct_one");
        _clients =
        [
            ConstantHeader.Create(Network), AwaitedConstantHeader.Create(Network),
            peer.CreateClient(Network, "acct_one"), DuendeOidcClient.Create(Network),
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

    private Task SendAsync(Client client)
    {
        var last = Task.CompletedTask;
        for (var request = 0; request < Requests; request++)
        {
            _responses[request] = Network.CompleteLater();
            last = client.SendAsync();
        }

        foreach (var response in _responses)
        {
            Network.Complete(response);
        }

        return last;
    }
}
