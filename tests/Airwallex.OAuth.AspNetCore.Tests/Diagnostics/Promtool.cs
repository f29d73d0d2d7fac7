using System.Diagnostics;

namespace Airwallex.OAuth.AspNetCore.Tests.Diagnostics;

/// <summary>Prometheus's own tool for rules, of Debian's package prometheus.</summary>
internal static class Promtool
{
    public static bool IsInstalled { get; } = (
        Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [])
        .Any(folder => File.Exists(Path.Combine(folder, "promtool")));

    /// <summary>What it says about a file of tests.</summary>
    public static async Task<string> TestRulesAsync(string test)
    {
        var file = Path.Combine(Path.GetTempPath(), $"airwallex-alerts-{Guid.NewGuid():N}.yml");
        await File.WriteAllTextAsync(file, test);
        try
        {
            using var promtool = Process.Start(new ProcessStartInfo("promtool", ["test", "rules", file])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = promtool.StandardError.ReadToEndAsync();
            var output = await promtool.StandardOutput.ReadToEndAsync() + await error;
            await promtool.WaitForExitAsync();
            Assert.DoesNotContain("yaml:", output, StringComparison.Ordinal);
            Assert.DoesNotContain("parse", output, StringComparison.Ordinal);
            return output;
        }
        finally
        {
            File.Delete(file);
        }
    }
}

/// <summary>A test that runs promtool; skipped, and said so, where it is not installed.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (!Promtool.IsInstalled)
        {
            Skip = "promtool is not installed: apt-get install prometheus";
        }
    }
}
