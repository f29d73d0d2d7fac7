using System.Text.RegularExpressions;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit.Abstractions;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// Real processes on one PostgreSQL, killed at random moments, against a server that counts every broken rule. Of any size: see the README.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int FewestKills = 5;

    [PostgresFact]
    public async Task Workers_killed_at_random_break_no_rule_and_lose_no_connection()
    {
        var settings = new CrashSettings();
        output.WriteLine($"{settings}");
        var random = new Random(settings.Seed);
        using var keys = new KeyFolder();
        await using var database = await TestDatabase.CreateAsync(Engine.Postgres);
        await using var simulator = await AirwallexSimulator.StartAsync(settings.SimulatorOptions);
        string[] arguments = [$"--Database={database.ConnectionString}", $"--Keys={keys.Folder.FullName}", $"--Simulator={simulator.BaseAddress}"];
        using var workers = new Workers(arguments);
        await ConnectAsync(simulator, arguments, settings);
        SetFaults(simulator, settings);

        var kills = await KillForAWhileAsync(workers, settings, random);

        // All at once: what the last ones left unfinished is for whoever comes next.
        workers.KillAll();
        simulator.Faults.Clear();
        var lost = await RefreshAllAsync(arguments, settings);

        Report(settings, simulator, workers, kills, lost);
        Assert.Empty(lost);
        Assert.Empty(workers.Broken);
        simulator.AssertNoBrokenRules();
        Assert.True(kills >= FewestKills, $"Only {kills} workers were killed: too few to show anything.");
    }

    private static async Task ConnectAsync(AirwallexSimulator simulator, string[] arguments, CrashSettings settings)
    {
        using var app = Worker.Build(arguments);
        var connections = app.Services.GetRequiredService<AirwallexConnections>();
        foreach (var accountId in settings.AccountIds)
        {
            await connections.ConnectAsync(simulator.ConnectAccount(accountId));
        }
    }

    internal static void SetFaults(AirwallexSimulator simulator, CrashSettings settings)
    {
        var each = settings.LostPercent / 100.0 / 4;
        simulator.Faults.Randomly(FaultTarget.Token, each, Fault.DropAnswerBeforeRotating(), settings.Seed + 1);
        simulator.Faults.Randomly(FaultTarget.Token, each, Fault.DropAnswerAfterRotating(), settings.Seed + 2);
        simulator.Faults.Randomly(FaultTarget.Token, each, Fault.Status(503), settings.Seed + 3);
        simulator.Faults.Randomly(FaultTarget.Token, each, Fault.StatusAfterRotating(500), settings.Seed + 4);

        // Long enough in flight for a kill to fall into it, before the rotation and after.
        simulator.Faults.Randomly(FaultTarget.Token, 0.5, Fault.Delay(settings.Shortened(0.4)), settings.Seed + 5);
        simulator.Faults.Always(FaultTarget.Token, Fault.DelayAnswer(settings.Shortened(0.4)));
    }

    private static async Task<int> KillForAWhileAsync(Workers workers, CrashSettings settings, Random random)
    {
        for (var worker = 0; worker < settings.Workers; worker++)
        {
            workers.Start();
        }

        var start = TimeProvider.System.GetUtcNow();
        var kills = 0;

        // Longer where the machine is so busy that workers hardly come up: without kills nothing is shown.
        while (TimeProvider.System.GetUtcNow() < start + settings.Duration || (kills < FewestKills && TimeProvider.System.GetUtcNow() < start + 5 * settings.Duration))
        {
            await Task.Delay(settings.KillEvery * (0.25 + 1.5 * random.NextDouble()), TimeProvider.System);
            if (workers.TryKillOne(random))
            {
                kills++;
                workers.Start();
            }
        }

        return kills;
    }

    /// <summary>Whether every connection can be refreshed, by an instance that has just started and knows nothing but the database.</summary>
    private static async Task<List<string>> RefreshAllAsync(string[] arguments, CrashSettings settings)
    {
        using var app = Worker.Build(arguments);
        await app.StartAsync();
        var connections = app.Services.GetRequiredService<AirwallexConnections>();
        var refreshed = await Task.WhenAll(settings.AccountIds.Select(async accountId =>
        {
            try
            {
                var connection = await connections.RefreshAsync(accountId);
                return connection.Status == ConnectionStatus.Active ? null : $"{accountId} is {connection.Status}";
            }
            catch (AirwallexOAuthException exception)
            {
                return $"{accountId}: {exception.Message}";
            }
        }));
        await app.StopAsync();
        return refreshed.OfType<string>().ToList();
    }

    private void Report(CrashSettings settings, AirwallexSimulator simulator, Workers workers, int kills, List<string> lost)
    {
        var refreshes = simulator.Journal.Where(entry => entry.GrantType == "refresh_token").ToList();
        output.WriteLine(
            $"{kills} kills of {workers.Started} workers; {refreshes.Count} refresh requests, {refreshes.Count(entry => entry.Fault is not null && entry.StatusCode != 200)} answers lost or turned into errors, "
            + $"{refreshes.Count(entry => entry.GraceReplay)} refresh tokens sent again inside the grace period; {simulator.Journal.Count} requests in all; "
            + $"{simulator.BrokenRules.Count} broken rules, {lost.Count} connections lost, {workers.Broken.Count} complaints of workers.");

        foreach (var line in lost.Concat(workers.Broken).Concat(simulator.BrokenRules.Select(rule => rule.ToString())))
        {
            output.WriteLine(line);
        }

        // The whole story of each account that something happened to.
        foreach (var accountId in settings.AccountIds)
        {
            var ofAccount = new Regex($@"\b{accountId}\b");
            if (lost.Concat(workers.Broken).Any(ofAccount.IsMatch) || simulator.BrokenRules.Any(rule => rule.AccountId == accountId))
            {
                var story = simulator.Journal.Where(entry => entry.AccountId == accountId).Select(entry => entry.ToString()).Concat(workers.Log.Where(line => ofAccount.IsMatch(line)));
                output.WriteLine(string.Join(Environment.NewLine, story.Prepend(accountId)));
            }
        }
    }
}
