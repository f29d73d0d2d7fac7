using System.Text.Json;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>One customer's tab. Remembers what the browser complained about.</summary>
internal sealed class Visit : IAsyncDisposable
{
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

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name });

    public ILocator Link(string name) => Page.GetByRole(AriaRole.Link, new() { Name = name });

    public Task SeeAsync(string text) => Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync();

    /// <summary>Walks through Airwallex's sign-up screens and consents.</summary>
    public async Task SignUpAsync(string businessName)
    {
        await Page.GotoAsync("/");
        await Link("Sign up with Airwallex").First.ClickAsync();
        await Page.GetByLabel("Business name").FillAsync(businessName);
        await Page.GetByLabel("Your full name").FillAsync("Ada Example");
        await Page.GetByLabel("Work email").FillAsync("ada@example.com");
        await CheckAsync("airwallex-1-details");
        await Button("Continue").ClickAsync();
        await Page.GetByLabel("Verification code").FillAsync("246810");
        await CheckAsync("airwallex-2-verification");
        await Button("Verify").ClickAsync();
        await CheckAsync("airwallex-3-usage");
        await Button("Create account").ClickAsync();
        await CheckAsync("airwallex-4-consent");
        await Button("Authorize").ClickAsync();
    }

    /// <summary>Opens the page of a connection by the name of its business.</summary>
    public async Task OpenAsync(string businessName)
    {
        await Page.GotoAsync("/");
        await Link($"Balances and details of {businessName}").ClickAsync();
    }

    /// <summary>
    /// Keeps a picture of the page, and has axe-core look for what would keep somebody from using it.
    /// </summary>
    public async Task CheckAsync(string name)
    {
        await Page.ScreenshotAsync(new() { Path = Path.Combine(s_screenshots, name + ".png"), FullPage = true });
        await Page.EvaluateAsync(s_axe);
        var violations = await Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run()).violations
              .filter(violation => violation.impact === "serious" || violation.impact === "critical")
              .map(violation => `${violation.id}: ${violation.help} (` +
                `${violation.nodes.map(node => node.target.join(" ")).join("; ")})`)
            """);
        Assert.True(violations.GetArrayLength() == 0, $"{name}: {violations}");
    }

    public void AssertNoComplaints() => Assert.Empty(_complaints);

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();
}
