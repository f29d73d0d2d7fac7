namespace Airwallex.OAuth.Tests.Diagnostics;

/// <summary>
/// A test that runs promtool, of Debian's package prometheus; skipped, and said so, where it is not installed.
/// </summary>
internal sealed class PromtoolTheoryAttribute : TheoryAttribute
{
    public PromtoolTheoryAttribute()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator) ?? [];
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, "promtool"))))
        {
            Skip = "promtool is not installed: apt-get install prometheus";
        }
    }
}
