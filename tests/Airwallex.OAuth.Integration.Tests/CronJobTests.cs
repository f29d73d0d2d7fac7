using System.Diagnostics;
using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Programs that run for a moment and end, each a process of its own, by the real clock.</summary>
public sealed class CronJobTests : IDisposable
{
    private const int Lanes = 2;
    private const int RunsOfALane = 25;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("airwallex-oauth-cron-job-");

    [Fact]
    public Task A_process_that_calls_three_times_and_ends_loses_no_connection_fifty_times_over() =>
        Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(() => RunLaneAsync($"acct_{lane}"))));

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task RunLaneAsync(string accountId)
    {
        // The clock of Airwallex moves between the runs alone, past the grace period: a slow machine expires no token,
        // and a rotation that a process left unfinished costs the connection.
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var airwallex = await AirwallexSimulator.StartAsync(
            new AirwallexSimulatorOptions { AccessTokenLifetime = TimeSpan.FromSeconds(1) }, time);
        var directory = _directory.CreateSubdirectory(accountId).FullName;
        await using var services = CronJob.Services(directory, airwallex.BaseAddress);
        var connections = services.GetRequiredService<AirwallexConnections>();
        await using (var scope = services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<CronJob.Database>().Database.EnsureCreatedAsync();
        }

        await connections.ConnectAsync(airwallex.ConnectAccount(accountId));
        for (var run = 0; run < RunsOfALane; run++)
        {
            time.Advance(TimeSpan.FromMinutes(2));
            await RunAsync(directory, airwallex.BaseAddress, accountId, disposes: run % 2 == 0);
        }

        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(ConnectionStatus.Active, (await connections.RefreshAsync(accountId)).Status);
        Assert.Equal(
            3 * RunsOfALane, airwallex.Journal.Count(entry => entry is { Path: "/api/v1/account", StatusCode: 200 }));
        Assert.True(airwallex.Journal.Count(entry => entry.GrantType == "refresh_token") > RunsOfALane);
        airwallex.AssertNoViolations();
    }

    private static async Task RunAsync(string directory, Uri airwallex, string accountId, bool disposes)
    {
        var program = typeof(CronJob).Assembly.Location;
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                program, CronJob.Argument,
                directory, airwallex.AbsoluteUri, accountId, disposes.ToString(),
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 0, output + await error);
        Assert.Equal(3, output.Split('\n').Count(line => line.Contains(accountId, StringComparison.Ordinal)));
    }
}
