using System.Collections.Concurrent;
using System.Net;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;
using Xunit.Abstractions;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// Several instances on one database that fails at random, before a statement takes effect and after, with answers lost and instances killed: the
/// simulation of the core's tests, shortened, on real engines. Not repeatable to the letter, since engines take the time they take.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class FaultSimulationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(8);

    [Theory]
    [OnSqlite]
    [OnPostgres]
    public async Task A_database_that_fails_at_random_costs_no_connection(Engine engine)
    {
        var settings = new CrashSettings();
        output.WriteLine($"{settings}");
        using var keys = new KeyFolder();
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var simulator = new AirwallexSimulator(settings.SimulatorOptions);
        await using (var first = await Instance.StartAsync(settings, database, keys, simulator))
        {
            foreach (var accountId in settings.AccountIds)
            {
                await first.Connections.ConnectAsync(simulator.ConnectAccount(accountId));
            }
        }

        CrashTests.SetFaults(simulator, settings);
        var broken = new ConcurrentQueue<string>();
        var end = TimeProvider.System.GetUtcNow() + Duration;
        var logs = (await Task.WhenAll(Enumerable.Range(0, settings.Workers).Select(worker => LiveAndDieAsync(worker, settings, database, keys, simulator, broken, end)))).SelectMany(log => log).ToList();
        simulator.Faults.Clear();
        await RefreshAllAsync(settings, database, keys, simulator, broken);

        var refreshes = simulator.Journal.Where(entry => entry.GrantType == "refresh_token").ToList();
        output.WriteLine($"{refreshes.Count} refresh requests, {refreshes.Count(entry => entry.GraceReplay)} sent again inside the grace period, {logs.Count} instances.");
        if (!broken.IsEmpty || simulator.BrokenRules.Count > 0)
        {
            output.WriteLine(string.Join(Environment.NewLine, simulator.Journal.Select(entry => entry.ToString()).Concat(logs.SelectMany(log => log.All))));
        }

        Assert.Empty(broken);
        simulator.AssertNoBrokenRules();
        Assert.True(refreshes.Any(entry => entry.GraceReplay), "No answer was lost: nothing was shown.");
    }

    /// <summary>One instance after another: each works for a while and is killed.</summary>
    private static async Task<List<LogRecords>> LiveAndDieAsync(
        int worker, CrashSettings settings, TestDatabase database, KeyFolder keys, AirwallexSimulator simulator, ConcurrentQueue<string> broken, DateTimeOffset end)
    {
        var random = new Random(settings.Seed + (100 * worker));
        var logs = new List<LogRecords>();
        while (TimeProvider.System.GetUtcNow() < end)
        {
            await using var instance = await Instance.StartAsync(settings, database, keys, simulator, new Random(random.Next()));
            logs.Add(instance.Logs);
            var callers = Enumerable.Range(0, 4).Select(_ => CallAsync(instance, settings, new Random(random.Next()), broken)).ToArray();
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 2_000)), TimeProvider.System);
            instance.Kill();
            await Task.WhenAll(callers);
        }

        return logs;
    }

    private static async Task CallAsync(Instance instance, CrashSettings settings, Random random, ConcurrentQueue<string> broken)
    {
        while (!instance.IsDead)
        {
            var accountId = $"acct_{random.Next(settings.Accounts) + 1}";
            try
            {
                using var answer = await instance.Clients.CreateClient(accountId).GetAsync(new Uri("api/v1/account", UriKind.Relative));
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    broken.Enqueue($"{accountId}: the API answered {(int)answer.StatusCode}");
                }
            }
            catch (AirwallexOAuthException exception) when (exception is ReauthorizationRequiredException or ConnectionNotFoundException)
            {
                broken.Enqueue($"{accountId}: {exception.Message}");
            }
            catch (Exception exception) when (exception is AirwallexOAuthException or HttpRequestException)
            {
                // The database failed, an answer was lost, or the instance is dead; the account recovers.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(10, 30)), TimeProvider.System);
        }
    }

    private static async Task RefreshAllAsync(
        CrashSettings settings, TestDatabase database, KeyFolder keys, AirwallexSimulator simulator, ConcurrentQueue<string> broken)
    {
        await using var last = await Instance.StartAsync(settings, database, keys, simulator);
        await Task.WhenAll(settings.AccountIds.Select(async accountId =>
        {
            try
            {
                await last.Connections.RefreshAsync(accountId);
            }
            catch (AirwallexOAuthException exception)
            {
                broken.Enqueue($"{accountId} cannot be refreshed: {exception.Message}");
            }
        }));
    }
}
