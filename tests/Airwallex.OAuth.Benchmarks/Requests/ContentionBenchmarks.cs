using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// Eight tasks at once, each sending 20,000 requests; the figures are per request. On one account, or on one each.
/// </summary>
[MemoryDiagnoser]
public class ContentionBenchmarks : IDisposable
{
    private const int Tasks = 8;
    private const int RequestsEach = 20_000;

    private readonly Network _network = new();
    private AirwallexPeer _peer = null!;
    private Client[] _constant = null!;
    private Client[] _oneAccount = null!;
    private Client[] _eightAccounts = null!;
    private Client[] _duende = null!;
    private Client[] _azure = null!;
    private Client[] _google = null!;

    [GlobalSetup]
    public void Setup()
    {
        var connected = 0;
        _peer = new AirwallexPeer(_ => Task.FromResult(Tokens.ResponseWith($"acct_{connected++}", 86_400)));
        for (var account = 0; account < Tasks; account++)
        {
            _peer.ConnectAsync($"acct_{account}").GetAwaiter().GetResult();
        }

        _constant = Eight(_ => ConstantHeader.Create(_network));
        _oneAccount = Eight(_ => _peer.CreateClient(_network, "acct_0"));
        _eightAccounts = Eight(task => _peer.CreateClient(_network, $"acct_{task}"));
        _duende = Eight(_ => DuendeOidcClient.Create(_network));
        _azure = Eight(_ => AzureCore.Create(_network));
        _google = Eight(_ => GoogleAuth.Create(_network));
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Tasks * RequestsEach)]
    public Task Constant() => RunAsync(_constant);

    [Benchmark(OperationsPerInvoke = Tasks * RequestsEach)]
    public Task AirwallexOneAccount() => RunAsync(_oneAccount);

    [Benchmark(OperationsPerInvoke = Tasks * RequestsEach)]
    public Task AirwallexEightAccounts() => RunAsync(_eightAccounts);

    [Benchmark(OperationsPerInvoke = Tasks * RequestsEach)]
    public Task DuendeOidc() => RunAsync(_duende);

    [Benchmark(OperationsPerInvoke = Tasks * RequestsEach)]
    public Task Azure() => RunAsync(_azure);

    [Benchmark(OperationsPerInvoke = Tasks * RequestsEach)]
    public Task Google() => RunAsync(_google);

    [GlobalCleanup]
    public void Dispose()
    {
        _peer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _network.Dispose();
        GC.SuppressFinalize(this);
    }

    private static Client[] Eight(Func<int, Client> create) => [.. Enumerable.Range(0, Tasks).Select(create)];

    private static Task RunAsync(Client[] clients) => Task.WhenAll(clients.Select(client => Task.Run(async () =>
    {
        for (var request = 0; request < RequestsEach; request++)
        {
            await client.SendAsync();
        }
    })));
}
