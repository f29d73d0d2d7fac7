using System.Collections.Concurrent;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit.Abstractions;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>Three instances on one database that fails at random, while responses of Airwallex are lost, too.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class FaultTests(ITestOutputHelper output)
{
    private const int Instances = 3;
    private const int CallersOfEach = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(6);

    // A third of Airwallex's, and so are all times of the library. The longest hang lies within a lease.
    private static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(20);
    private static readonly string[] AccountIds = [.. Enumerable.Range(1, 40).Select(number => $"acct_{number}")];

    private readonly ConcurrentQueue<string> _complaints = new();

    [Theory]
    [OnSqlite]
    [OnServer]
    public async Task A_database_that_fails_at_random_costs_no_connection(Engine engine)
    {
        using var keys = new TemporaryFolder();
        await using var database = await TestDatabase.CreateAsync(engine);
        await using var simulator = new AirwallexSimulator(
            new() { GracePeriod = GracePeriod, AccessTokenLifetime = TimeSpan.FromSeconds(3) });
        var faults = new UnreliableDatabase();
        await ConnectAllAsync(Build(database, keys, simulator), simulator);
        simulator.Faults.Randomly(FaultTarget.Token, 0.03, Fault.DropResponseBeforeRotating(), Random.Shared.Next());
        simulator.Faults.Randomly(FaultTarget.Token, 0.03, Fault.DropResponseAfterRotating(), Random.Shared.Next());

        await Task.WhenAll(Enumerable.Range(0, Instances).Select(
            _ => WorkAsync(Build(database, keys, simulator, faults))));
        simulator.Faults.Clear();
        var lost = await FinalRefresh.OfAllAsync(Build(database, keys, simulator), AccountIds, GracePeriod);

        output.WriteLine(string.Join(", ", faults.Faults.Select(fault => $"{fault.Value} times it {fault.Key}")));
        var refreshes = simulator.Journal.Where(entry => entry.GrantType == "refresh_token").ToList();
        output.WriteLine($"{refreshes.Count} refreshes, {refreshes.Count(entry => entry.GraceReplay)} of them again");
        Assert.True(
            _complaints.IsEmpty && lost.Count == 0,
            string.Join(
                Environment.NewLine,
                [.. _complaints, .. lost, .. simulator.Journal.Where(entry => entry.GrantType is not null)]));
        simulator.AssertNoViolations();
        Assert.True(faults.Faults.Values.Sum() >= 10, "Hardly anything failed: nothing was shown.");
    }

    private static IHost Build(
        TestDatabase database, TemporaryFolder keys, AirwallexSimulator simulator, UnreliableDatabase? faults = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.UseAirwallexSimulator(simulator);
        builder.Services.AddDataProtection().SetApplicationName("faults")
            .PersistKeysToFileSystem(new DirectoryInfo(keys.Path));
        builder.Services.AddDbContext<SampleDbContext>(options =>
        {
            database.Use(options);
            _ = faults is null ? options : options.AddInterceptors(faults);
        });
        builder.Services
            .AddAirwallexOAuth(options => (options.GracePeriod, options.RefreshAhead) = (GracePeriod, GracePeriod / 20))
            .AddEntityFrameworkStore<SampleDbContext>();
        return builder.Build();
    }

    private static async Task ConnectAllAsync(IHost host, AirwallexSimulator simulator)
    {
        using var app = host;
        await using (var scope = app.Services.CreateAsyncScope())
        {
            await scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database.EnsureCreatedAsync();
        }

        foreach (var accountId in AccountIds)
        {
            await app.Services.GetRequiredService<AirwallexConnections>()
                .ConnectAsync(simulator.ConnectAccount(accountId));
        }
    }

    private async Task WorkAsync(IHost host)
    {
        using var instance = host;
        await instance.StartAsync();
        using var end = new CancellationTokenSource(Duration);
        await Task.WhenAll(Enumerable.Range(0, CallersOfEach).Select(_ => CallAsync(instance, end.Token)));
        await instance.StopAsync();
    }

    private async Task CallAsync(IHost instance, CancellationToken end)
    {
        var connections = instance.Services.GetRequiredService<AirwallexConnections>();
        while (!end.IsCancellationRequested)
        {
            var accountId = AccountIds[Random.Shared.Next(AccountIds.Length)];
            try
            {
                await connections.GetAccessTokenAsync(accountId, CancellationToken.None);
            }
            catch (AirwallexOAuthException exception) when (exception.IsTransient)
            {
                // The database failed, or a response was lost. The connection recovers.
            }
            catch (AirwallexOAuthException exception)
            {
                _complaints.Enqueue($"{accountId}: {exception.Message}");
            }

            var pause = TimeSpan.FromMilliseconds(Random.Shared.Next(10, 30));
            await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
        }
    }
}
