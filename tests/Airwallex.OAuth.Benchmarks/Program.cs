using System.Globalization;
using Airwallex.OAuth.Benchmarks.Requests;
using Airwallex.OAuth.Benchmarks.Scenarios;
using Airwallex.OAuth.Benchmarks.Store;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using BenchmarkDotNet.Running;

return args switch
{
    ["requests", .. var rest] => Measure<RequestBenchmarks>(rest),
    ["bursts", .. var rest] => Measure<BurstBenchmarks>(rest),
    ["lowest"] => await RunAsync(LowestOfBatches.RunAsync),
    ["contention", .. var rest] => Measure<ContentionBenchmarks>(rest),
    ["expiry"] => await RunAsync(ExpiryScenario.RunAsync),
    ["load"] => await RunAsync(() => LoadScenario.RunAsync(40)),
    ["load", var pairs] => await RunAsync(() => LoadScenario.RunAsync(int.Parse(pairs, CultureInfo.InvariantCulture))),
    ["start"] => await RunAsync(StartScenario.RunAsync),
    ["memory"] => await RunAsync(() => MemoryScenario.RunAsync(1_000_000)),
    ["memory", var accounts] =>
        await RunAsync(() => MemoryScenario.RunAsync(int.Parse(accounts, CultureInfo.InvariantCulture))),
    ["store"] => await OnPostgresAsync(StoreBenchmarks.RefreshesAsync, StoreBenchmarks.KeepAliveAsync),
    ["store", "refresh"] => await OnPostgresAsync(StoreBenchmarks.RefreshesAsync),
    ["store", "keep-alive"] => await OnPostgresAsync(StoreBenchmarks.KeepAliveAsync),
    _ => Usage(),
};

static int Measure<T>(string[] arguments)
{
    string[] all = arguments.Contains("--filter") ? [] : ["--filter", "*"];
    BenchmarkSwitcher.FromTypes([typeof(T)]).Run([.. all, .. arguments]);
    return 0;
}

static async Task<int> RunAsync(Func<Task> scenario)
{
    await scenario();
    return 0;
}

static async Task<int> OnPostgresAsync(params Func<string, Task>[] benchmarks)
{
    if (PostgresServer.SkipReason is { } reason)
    {
        Console.Error.WriteLine(reason);
        return 2;
    }

    PostgresServer.IsDurable = true;
    var server = await PostgresServer.ConnectionStringAsync();
    foreach (var benchmark in benchmarks)
    {
        await benchmark(server);
    }

    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        "Say which: requests | bursts | lowest | contention | expiry | load [pairs] | start | memory [accounts] | " +
        "store | store refresh | store keep-alive");
    return 2;
}
