using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>
/// Eight tasks at once, each sending 20,000 requests; the figures are per request. On one account, or on one each.
/// </summary>
[MemoryDiagnoser]
public class ContentionBenchmarks : PeerBenchmarks
{
    private const int Tasks = 8;
    private const int RequestsEach = 20_000;

    private Client[] _constant = null!;
    private Client[] _oneAccount = null!;
    private Client[] _eightAccounts = null!;
    private Client[] _duende = null!;
    private Client[] _azure = null!;
    private Client[] _google = null!;

    [GlobalSetup]
    public void Setup()
    {
        var peer = Connect([.. Enumerable.Range(0, Tasks).Select(account => $"acct_{account}")]);
        _constant = Eight(_ => ConstantHeader.Create(Network));
        _oneAccount = Eight(_ => peer.CreateClient(Network, "acct_0"));
        _eightAccounts = Eight(task => peer.CreateClient(Network, $"acct_{task}"));
        _duende = Eight(_ => DuendeOidcClient.Create(Network));
        _azure = Eight(_ => AzureCore.Create(Network));
        _google = Eight(_ => GoogleAuth.Create(Network));
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

    private static Client[] Eight(Func<int, Client> create) => [.. Enumerable.Range(0, Tasks).Select(create)];

    private static Task RunAsync(Client[] clients) => Task.WhenAll(clients.Select(client => Task.Run(async () =>
    {
        for (var request = 0; request < RequestsEach; request++)
        {
            await client.SendAsync();
        }
    })));
}
