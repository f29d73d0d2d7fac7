using System.Diagnostics;
using System.Text.RegularExpressions;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit.Abstractions;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// Real processes on one database, killed at random moments, against a server that counts each violation of a rule.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class CrashTests(ITestOutputHelper output)
{
    // Long enough in flight for a kill to fall into it, before the rotation and after.
    private static readonly TimeSpan HalfOfTheSend = TimeSpan.FromMilliseconds(40);

    private static readonly Random Random = new();

    [Theory]
    [OnServer]
    [OnSqlite]
    public async Task Workers_that_are_killed_at_random_lose_no_connection(Engine engine)
    {
        using var keys = new TemporaryFolder();
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var simulator = await AirwallexSimulator.StartAsync(CrashSettings.Simulator);
        string[] arguments = [$"{engine}", database.ConnectionString, keys.Path, $"{simulator.BaseAddress}"];
        using var workers = new WorkerProcesses(arguments);
        await ConnectAllAsync(simulator, arguments);
        simulator.Faults.Always(
            FaultTarget.Token, Fault.Delay(HalfOfTheSend).Then(Fault.DelayResponse(HalfOfTheSend)));

        var kills = await KillForAWhileAsync(workers);
        workers.KillAll(); // All at once: what they left unfinished is for the next instance.
        var lost = await FinalRefresh.OfAllAsync(
            Worker.Build(arguments), CrashSettings.AccountIds, CrashSettings.GracePeriod);

        Report(simulator, workers, kills, lost);
        Assert.Empty(lost);
        Assert.Empty(workers.Complaints);
        simulator.AssertNoViolations();
        Assert.Contains(simulator.Journal, entry => entry.GraceReplay);
    }

    private static async Task ConnectAllAsync(AirwallexSimulator simulator, string[] arguments)
    {
        using var app = Worker.Build(arguments);
        await using (var scope = app.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database.EnsureCreatedAsync();
        }

        var connections = app.Services.GetRequiredService<AirwallexConnections>();
        foreach (var accountId in CrashSettings.AccountIds)
        {
            await connections.ConnectAsync(simulator.ConnectAccount(accountId));
        }
    }

    /// <summary>For as long as the settings say, and longer where the machine is too busy for any kill.</summary>
    private static async Task<int> KillForAWhileAsync(WorkerProcesses workers)
    {
        for (var worker = 0; worker < CrashSettings.Workers; worker++)
        {
            workers.Start();
        }

        var (kills, clock) = (0, Stopwatch.StartNew());
        while (clock.Elapsed.TotalSeconds < CrashSettings.Seconds || kills < CrashSettings.Workers)
        {
            var delay = CrashSettings.KillMilliseconds * (0.5 + Random.NextDouble());
            await Task.Delay(TimeSpan.FromMilliseconds(delay), TimeProvider.System);
            kills += workers.TryReplaceOne(Random) ? 1 : 0;
        }

        return kills;
    }

    private void Report(AirwallexSimulator simulator, WorkerProcesses workers, int kills, List<string> lost)
    {
        var journal = simulator.Journal;
        output.WriteLine(
            $"{CrashSettings.Seconds} s, grace period {CrashSettings.GracePeriod}, {CrashSettings.Workers} workers at "
            + $"a time, {workers.Started} in all, {kills} kills, {CrashSettings.Accounts} accounts; "
            + $"{journal.Count(entry => entry.GrantType == "refresh_token")} refreshes, "
            + $"{journal.Count(entry => entry.GraceReplay)} of them again inside the grace period; {lost.Count} "
            + $"connections lost, {simulator.Violations.Count} violations, {workers.Complaints.Count} complaints.");
        List<string> faults =
            [.. lost, .. workers.Complaints, .. simulator.Violations.Select(violation => $"{violation}")];
        faults.ForEach(output.WriteLine);

        // The whole story of each account that something happened to.
        foreach (var accountId in CrashSettings.AccountIds)
        {
            var name = new Regex($@"\b{accountId}\b", RegexOptions.None, TimeSpan.FromSeconds(1));
            if (faults.Exists(name.IsMatch))
            {
                output.WriteLine($"--- {accountId}");
                journal.Where(entry => entry.AccountId == accountId && entry.GrantType is not null)
                    .Select(entry => $"{entry}").Concat(workers.Logs.Where(line => name.IsMatch(line))).ToList()
                    .ForEach(output.WriteLine);
            }
        }
    }
}
