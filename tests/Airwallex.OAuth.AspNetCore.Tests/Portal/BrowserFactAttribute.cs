namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>A test that needs a real browser; skipped, with a reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public const string ChromiumPath = "/usr/bin/chromium";

    public BrowserFactAttribute()
    {
        if (!File.Exists(ChromiumPath))
        {
            Skip = $"There is no browser at {ChromiumPath}: apt-get install chromium.";
        }
    }
}
