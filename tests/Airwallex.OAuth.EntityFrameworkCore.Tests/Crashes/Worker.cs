using System.Net;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Sample;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// One instance of an application that is going to be killed: calls the API for random accounts. On its output it says "ready" after its first
/// successful call, and "broken …" whenever something happens that must not; logs go to the error output.
/// </summary>
internal static class Worker
{
    private const int Callers = 4;

    public static async Task<int> RunAsync(string[] args)
    {
        using var host = Build(args);
        await host.StartAsync();

        var accountIds = new CrashSettings().AccountIds.ToArray();
        using var stopping = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => CallAsync(host, accountIds, stopping.Token)).ToArray();

        // Ends when its input does, so that it does not outlive tests that were killed themselves.
        await Console.In.ReadToEndAsync(CancellationToken.None);
        await stopping.CancelAsync();
        await Task.WhenAll(callers);
        await host.StopAsync();
        return 0;
    }

    /// <summary>The application, told by its command line where things are.</summary>
    public static IHost Build(string[] args)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        var configuration = new ConfigurationBuilder().AddCommandLine(args).Build();
        builder.Logging.AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat, console.UseUtcTimestamp) = (true, "HH:mm:ss.fff ", true));
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Airwallex.OAuth", LogLevel.Debug);

        builder.Services.AddDataProtection().SetApplicationName("crash").PersistKeysToFileSystem(new DirectoryInfo(configuration["Keys"]!));
        builder.Services.AddDbContext<PostgresSampleDbContext>(options => options.UseNpgsql(configuration["Database"]));
        builder.Services.AddAirwallexOAuth(options => new CrashSettings().Configure(options, new Uri(configuration["Simulator"]!)))
            .AddEntityFrameworkStore<PostgresSampleDbContext>();
        return builder.Build();
    }

    private static async Task CallAsync(IHost host, string[] accountIds, CancellationToken stopping)
    {
        var clients = host.Services.GetRequiredService<AirwallexClientFactory>();
        var isReady = false;
        while (!stopping.IsCancellationRequested)
        {
            var accountId = accountIds[Random.Shared.Next(accountIds.Length)];
            try
            {
                using var answer = await clients.CreateClient(accountId).GetAsync(new Uri("api/v1/account", UriKind.Relative), CancellationToken.None);
                if (answer.StatusCode != HttpStatusCode.OK)
                {
                    Console.WriteLine($"broken {accountId}: the API answered {(int)answer.StatusCode}");
                }
                else if (!isReady)
                {
                    isReady = true;
                    Console.WriteLine("ready");
                }
            }
            catch (TokenRequestException exception) when (exception.IsTransient)
            {
                // An answer was lost on purpose; the account recovers.
            }
            catch (Exception exception)
            {
                Console.WriteLine($"broken {accountId}: {exception.GetType().Name} {exception.Message.ReplaceLineEndings(" ")}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 60)), TimeProvider.System, CancellationToken.None);
        }
    }
}
