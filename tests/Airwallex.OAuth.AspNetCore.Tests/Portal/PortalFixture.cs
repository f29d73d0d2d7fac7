using ConnectPortal.Simulation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>
/// One portal on a free port with a simulated Airwallex, and one browser, for all tests of a class; each test has its
/// own visit.
/// </summary>
#pragma warning disable CA1001 // xunit disposes of it, by IAsyncLifetime.
public class PortalFixture : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly Factory _portal;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public PortalFixture() : this(pathBase: "")
    {
    }

    protected PortalFixture(string pathBase) => _portal = new Factory(pathBase);

    /// <summary>Where a customer finds the portal, with a slash at the end.</summary>
    public virtual Uri Address => new(PortalAddress, _portal.PathBase + "/");

    public SimulatedAirwallex Simulation => _portal.Services.GetRequiredService<SimulatedAirwallex>();

    protected Uri PortalAddress => _portal.ClientOptions.BaseAddress;

    public virtual async Task InitializeAsync()
    {
        if (!File.Exists(BrowserFactAttribute.ChromiumPath))
        {
            return;
        }

        _portal.UseKestrel(0);
        _portal.StartServer();
        // A machine under load is slow, and no test here is about speed.
        Assertions.SetDefaultExpectTimeout(60_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = BrowserFactAttribute.ChromiumPath,
            Timeout = 120_000,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public virtual async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await _portal.DisposeAsync();
    }

    internal async Task<Visit> VisitAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new() { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } };
        options.BaseURL = Address.AbsoluteUri;
        var context = await _browser!.NewContextAsync(options);
        return new Visit(context, await context.NewPageAsync());
    }

    private sealed class Factory(string pathBase) : WebApplicationFactory<Program>
    {
        public string PathBase => pathBase;

        protected override void ConfigureWebHost(IWebHostBuilder builder) =>
            builder.UseEnvironment("Development").UseSetting("PathBase", pathBase);
    }
}
