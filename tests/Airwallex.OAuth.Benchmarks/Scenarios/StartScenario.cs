using System.Diagnostics;
using System.Globalization;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>
/// A program that sends one request to the API and ends, with the library and without: how large it is when published,
/// and how long it takes from the start of its process to its first response. Once as an ordinary program, once as
/// native code (AOT).
/// </summary>
internal static class StartScenario
{
    private const int Starts = 20;

    private static readonly string s_folder =
        Path.Combine(Path.GetTempPath(), $"airwallex-start-{Environment.ProcessId}");

    public static async Task RunAsync()
    {
        try
        {
            Console.WriteLine("| published | program | size | start to first response |");
            Console.WriteLine("|---|---|---|---|");
            foreach (var isNative in (bool[])[false, true])
            {
                Published[] programs =
                    [await PublishAsync(isNative, withLibrary: false), await PublishAsync(isNative, withLibrary: true)];
                for (var start = 0; start <= Starts; start++)
                {
                    foreach (var program in programs) // By turns. The first start of each reads it from the disk.
                    {
                        program.Times.Add(await StartAsync(program.Executable));
                    }
                }

                foreach (var program in programs)
                {
                    Report(program);
                }
            }
        }
        finally
        {
            Directory.Delete(s_folder, recursive: true);
        }
    }

    private static void Report(Published program)
    {
        var times = program.Times.Skip(1).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {program.Kind} | {program.Name} | {program.Bytes / 1048576.0:0.00} MiB | " +
            $"{times[times.Count / 2]:0} ms ({times[0]:0} to {times[^1]:0}) |"));
    }

    private static async Task<Published> PublishAsync(bool isNative, bool withLibrary)
    {
        var name = withLibrary ? "with" : "without";
        var kind = isNative ? "native" : "ordinary";
        var folder = Path.Combine(s_folder, $"{kind}-{name}");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "first.csproj"), Project(isNative, withLibrary));
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), Program(withLibrary));
        var output = Path.Combine(folder, "published");
        await RunAsync("dotnet", "publish", folder, "-c", "Release", "-o", output);
        var bytes = Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is not (".dbg" or ".pdb" or ".xml"))
            .Sum(file => new FileInfo(file).Length);
        return new Published(kind, name, Path.Combine(output, "first"), bytes, []);
    }

    private static async Task<double> StartAsync(string executable)
    {
        var startedAt = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(executable) { RedirectStandardOutput = true })!;
        var line = await process.StandardOutput.ReadLineAsync();
        var elapsed = Stopwatch.GetElapsedTime(startedAt);
        await process.WaitForExitAsync();
        return line == "OK" ? elapsed.TotalMilliseconds : throw new InvalidOperationException(
            $"{executable} wrote {line ?? "nothing"} and ended with {process.ExitCode}.");
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} failed:\n{output}");
        }
    }

    private static string Project(bool isNative, bool withLibrary) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <PublishAot>{isNative}</PublishAot>
            <UseCurrentRuntimeIdentifier>{isNative}</UseCurrentRuntimeIdentifier>
          </PropertyGroup>
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
            <ProjectReference Include="{Library()}" Condition="{withLibrary}" />
          </ItemGroup>
        </Project>
        """;

    // The token endpoint and the API are in the process, so that the network counts in neither program.
    private static string Program(bool withLibrary) => $$"""
        using System.Net;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using Microsoft.Extensions.Logging;
        {{(withLibrary ? "using Airwallex.OAuth;" : "")}}

        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpClientDefaults(
            clients => clients.ConfigurePrimaryHttpMessageHandler(() => new Network()));
        {{(withLibrary ? Registration : "builder.Services.AddHttpClient(\"api\");")}}
        using var host = builder.Build();
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        var request = new HttpRequestMessage(HttpMethod.Get, "https://api-demo.airwallex.com/api/v1/balances/current");
        {{(withLibrary ? Connecting : "request.Headers.Authorization = new(\"Bearer\", \"access\");")}}
        using var response = await client.SendAsync(request);
        Console.WriteLine(response.StatusCode);
        await host.StopAsync();

        sealed class Network : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(
                HttpRequestMessage request, CancellationToken cancellationToken) =>
                Task.FromResult(new HttpResponseMessage(
                    request.Headers.Authorization is null && request.Method == HttpMethod.Get
                        ? HttpStatusCode.Unauthorized : HttpStatusCode.OK)
                {
                    Content = new StringContent("{\"access_token\":\"access\",\"account_id\":\"acct_one\"," +
                        "\"expires_in\":300,\"refresh_token\":\"refresh\",\"refresh_token_expires_in\":7776000," +
                        "\"scope\":\"s\",\"token_type\":\"bearer\"}"),
                });
        }
        """;

    private const string Registration = """
        builder.Services.AddHttpClient("api").AddAirwallexToken();
        builder.Services.AddAirwallexOAuth(options => {
            (options.ClientId, options.ClientSecret) = ("id", "secret");
            options.RedirectUri = new Uri("https://app.example/callback");
        }).AddTokenStore<InMemoryTokenStore>();
        """;

    private const string Connecting = """
        await host.Services.GetRequiredService<AirwallexConnections>().ConnectAsync("code");
        request.SetAirwallexAccount("acct_one");
        """;

    private static string Library()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Airwallex.OAuth.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Run this inside the repository.");
        }

        return Path.Combine(folder.FullName, "src", "Airwallex.OAuth", "Airwallex.OAuth.csproj");
    }

    private sealed record Published(string Kind, string Name, string Executable, long Bytes, List<double> Times);
}
