using System.Diagnostics;
using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Programs that run for a moment and end, each a process of its own, by the real clock.</summary>
public sealed class CronJobTests : IDisposable
{
    private const int Runs = 50;
    private const int Accounts = 10;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("airwallex-oauth-cron-job-");

    [Fact]
    public async Task A_process_that_calls_three_times_and_ends_loses_no_connection_fifty_times_over()
    {
        // Each account's next run comes after this grace period: a rotation that a process left unfinished would then
        // cost the connection.
        await using var airwallex = await AirwallexSimulator.StartAsync(new AirwallexSimulatorOptions
        {
            AccessTokenLifetime = TimeSpan.FromSeconds(1),
            GracePeriod = TimeSpan.FromMilliseconds(500),
        });
        await using var services = CronJob.Services(_directory.FullName, airwallex.BaseAddress);
        var connections = services.GetRequiredService<AirwallexConnections>();
        await using (var scope = services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<CronJob.Database>().Database.EnsureCreatedAsync();
        }

        foreach (var account in Enumerable.Range(0, Accounts))
        {
            await connections.ConnectAsync(airwallex.ConnectAccount($"acct_{account}"));
        }

        airwallex.Faults.Always(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromMilliseconds(100)));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Runs),
            new ParallelOptions { MaxDegreeOfParallelism = 2 },
            async (run, _) => await RunAsync(
                airwallex.BaseAddress, $"acct_{run % Accounts}", disposes: run / Accounts % 2 == 0));

        Assert.Equal(3 * Runs, airwallex.Journal.Count(entry => entry is { Path: "/api/v1/account", StatusCode: 200 }));
        Assert.True(airwallex.Journal.Count(entry => entry.GrantType == "refresh_token") >= Runs);
        foreach (var account in Enumerable.Range(0, Accounts))
        {
            Assert.Equal(ConnectionStatus.Active, (await connections.RefreshAsync($"acct_{account}")).Status);
        }

        airwallex.AssertNoViolations();
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private async Task RunAsync(Uri airwallex, string accountId, bool disposes)
    {
        var program = typeof(CronJob).Assembly.Location;
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [
                program, CronJob.Argument,
                _directory.FullName, airwallex.AbsoluteUri, accountId, disposes.ToString(),
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
