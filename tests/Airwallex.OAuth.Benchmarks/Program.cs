using Airwallex.OAuth.Benchmarks.Store;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;

return args switch
{
    ["store"] => await OnPostgresAsync(StoreBenchmarks.RefreshesAsync, StoreBenchmarks.KeepAliveAsync),
    ["store", "refresh"] => await OnPostgresAsync(StoreBenchmarks.RefreshesAsync),
    ["store", "keep-alive"] => await OnPostgresAsync(StoreBenchmarks.KeepAliveAsync),
    _ => Usage(),
};

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
    Console.Error.WriteLine("Say which: store | store refresh | store keep-alive");
    return 2;
}
