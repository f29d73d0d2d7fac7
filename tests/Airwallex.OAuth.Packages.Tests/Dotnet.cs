using System.Diagnostics;
using System.Text;

namespace Airwallex.OAuth.Packages.Tests;

/// <summary>Runs the dotnet command, as a developer does.</summary>
internal static class Dotnet
{
    /// <summary>Runs it to its end; a failure, and any warning, fails the test with its whole output.</summary>
    public static async Task<string> RunAsync(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The tests may run inside of a build, whose settings are not the program's.
        foreach (var name in start.Environment.Keys.Where(IsOfTheBuild).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        await process.WaitForExitAsync();
        var text = output.ToString();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}{Environment.NewLine}{text}");
        Assert.DoesNotContain("warning ", text, StringComparison.Ordinal);
        return text;

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (output)
                {
                    output.AppendLine(line);
                }
            }
        }
    }

    private static bool IsOfTheBuild(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
        || name is "Configuration" or "CI" or "DOTNET_HOST_PATH" or "TargetFramework" or "VSTEST_CONNECTION_TIMEOUT";
}
