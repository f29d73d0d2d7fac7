using System.Net;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// One instance of an application, which calls the API for random accounts until it is killed. Its output says "ready"
/// after the first successful call, and whatever must not happen; logs go to the error output.
/// </summary>
internal static class Worker
{
    private const int Callers = 4;

    /// <summary>The tests are run by "dotnet test"; started as a program, this assembly is a worker.</summary>
    public static async Task Main(string[] args)
    {
        using var host = Build(args);
        await host.StartAsync();
        var clients = host.Services.GetRequiredService<AirwallexClientFactory>();
        var accountIds = CrashSettings.AccountIds.ToArray();
        var ready = new Lazy<bool>(() =>
        {
            Console.WriteLine("ready");
            return true;
        });
        for (var caller = 0; caller < Callers; caller++)
        {
            _ = CallAsync(clients, accountIds, ready);
        }

        // A worker does not outlive tests that were killed themselves: its input ends with them.
        await Console.In.ReadToEndAsync(CancellationToken.None);
    }

    /// <param name="args">The engine, the connection string, the folder of keys, and the simulator's address.</param>
    public static IHost Build(params string[] args)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Airwallex.OAuth", LogLevel.Information);
        builder.Logging.AddSimpleConsole(
            console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) =
                (true, "HH:mm:ss.fff ", true));
        builder.Services.Configure<ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddDataProtection().SetApplicationName("crash")
            .PersistKeysToFileSystem(new DirectoryInfo(args[2]));
        TestDatabase.AddContext<SampleDbContext>(builder.Services, Enum.Parse<Engine>(args[0]), args[1]);
        builder.Services.AddAirwallexOAuth(options => CrashSettings.Configure(options, new Uri(args[3])))
            .AddEntityFrameworkStore<SampleDbContext>();
        return builder.Build();
    }

    private static async Task CallAsync(AirwallexClientFactory clients, string[] accountIds, Lazy<bool> ready)
    {
        while (true)
        {
            var accountId = accountIds[Random.Shared.Next(accountIds.Length)];
            try
            {
                using var response = await clients.CreateClient(accountId)
                    .GetAsync(new Uri("api/v1/account", UriKind.Relative));
                _ = response.StatusCode == HttpStatusCode.OK
                    ? ready.Value
                    : throw new InvalidOperationException($"The API gave {(int)response.StatusCode}.");
            }
            catch (AirwallexOAuthException exception) when (exception.IsTransient)
            {
                // The connection waits for its recovery.
            }
            catch (Exception exception)
            {
                Console.WriteLine($"{accountId}: {exception.ToString().ReplaceLineEndings(" ")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60)), TimeProvider.System);
        }
    }
}
