using System.Text.Json;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>One customer's browser. Remembers what it complained about.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private static readonly int[] s_widths = [1280, 768, 375, 320];
    private static readonly string s_axe =
        new StreamReader(typeof(Visit).Assembly.GetManifestResourceStream("axe.min.js")!).ReadToEnd();
    private static readonly string s_screenshots =
        Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screenshots")).FullName;

    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    public Visit(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add($"{message.Text} at {message.Location}");
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        page.SetDefaultTimeout(60_000);
    }

    public IPage Page { get; }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name });

    public ILocator Timeline => Page.Locator("#timeline");

    public ILocator State => Page.Locator("#state");

    public ILocator Row(string businessName) => Page.Locator("#connections > li", new() { HasText = businessName });

    public Task SeeAsync(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    public async Task ForgetCookiesAsync() => await _context.ClearCookiesAsync();

    /// <summary>Walks through Airwallex's sign-up screens, up to the consent.</summary>
    public async Task SignUpToConsentAsync(string businessName, bool check = false)
    {
        await Page.GotoAsync("");
        await Link("Sign up with Airwallex").ClickAsync();
        await Page.GetByLabel("Business name").FillAsync(businessName);
        await Page.GetByLabel("Your full name").FillAsync("Ada Example");
        await Page.GetByLabel("Work email").FillAsync("ada@example.com");
        await CheckIfAsync(check, "airwallex-1-details");
        await Button("Continue").ClickAsync();
        await Page.GetByLabel("Verification code").FillAsync("246810");
        await CheckIfAsync(check, "airwallex-2-verification");
        await Button("Verify").ClickAsync();
        await CheckIfAsync(check, "airwallex-3-usage");
        await Button("Create account").ClickAsync();
        await CheckIfAsync(check, "airwallex-4-consent");
    }

    /// <summary>Signs up at Airwallex and consents.</summary>
    public async Task SignUpAsync(string businessName, bool check = false)
    {
        await SignUpToConsentAsync(businessName, check);
        await Button("Authorize").ClickAsync();
        await Assertions.Expect(Row(businessName)).ToBeVisibleAsync();
    }

    /// <summary>Opens the page of a connection by the name of its business.</summary>
    public async Task OpenAsync(string businessName)
    {
        await Page.GotoAsync("");
        await Link(businessName).ClickAsync();
        await Assertions.Expect(Page.GetByRole(AriaRole.Heading, new() { Name = businessName, Level = 1 }))
            .ToBeVisibleAsync();
    }

    /// <summary>Logs in at Airwallex with an account that exists, and consents.</summary>
    public async Task LogInAndAuthorizeAsync(string businessName)
    {
        await Page.GetByLabel(businessName).CheckAsync();
        await Button("Continue").ClickAsync();
        await Button("Authorize").ClickAsync();
    }

    /// <summary>
    /// Looks at the page at every width, in light and dark: keeps a picture, nothing scrolls sideways, and axe-core
    /// finds nothing that keeps somebody from using it. The page is left as it was.
    /// </summary>
    public async Task CheckAsync(string name)
    {
        var size = Page.ViewportSize!;
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            foreach (var width in s_widths)
            {
                await Page.SetViewportSizeAsync(width, size.Height);
                await CheckOnceAsync($"{name}-{width}-{scheme}");
            }
        }

        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light, ForcedColors = ForcedColors.Active });
        await PictureAsync($"{name}-forced-colors");
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Null, ForcedColors = ForcedColors.Null });
        await Page.SetViewportSizeAsync(size.Width, size.Height);
    }

    public void AssertNoComplaints() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private Task CheckIfAsync(bool check, string name) => check ? CheckAsync(name) : Task.CompletedTask;

    private async Task CheckOnceAsync(string name)
    {
        await PictureAsync(name);
        Assert.True(
            await Page.EvaluateAsync<bool>(
                "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            $"{name} scrolls sideways.");
        await Page.EvaluateAsync(s_axe);
        var violations = await Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run()).violations.map(violation =>
              `${violation.id}: ${violation.help} (${violation.nodes.map(node => node.target.join(" ")).join("; ")})`)
            """);
        Assert.True(violations.GetArrayLength() == 0, $"{name}: {violations}");
    }

    private async Task PictureAsync(string name) => await Page.ScreenshotAsync(
        new() { Path = Path.Combine(s_screenshots, name + ".png"), FullPage = true });
}
