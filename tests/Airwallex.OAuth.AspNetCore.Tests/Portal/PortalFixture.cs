using ConnectPortal.Simulation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>
/// One portal on a free port with a simulated Airwallex, and one browser, for all tests of a class; each test has its
/// own tab.
/// </summary>
#pragma warning disable CA1001 // xunit disposes of it, by IAsyncLifetime.
public sealed class PortalFixture : IAsyncLifetime
#pragma warning restore CA1001
{
    private readonly Factory _portal = new();
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public Uri Address => _portal.ClientOptions.BaseAddress;

    public SimulatedAirwallex Simulation => _portal.Services.GetRequiredService<SimulatedAirwallex>();

    public async Task InitializeAsync()
    {
        if (!File.Exists(BrowserFactAttribute.ChromiumPath))
        {
            return;
        }

        _portal.UseKestrel(0);
        _portal.StartServer();
        Simulation.Welcome([Address.ToString()]);
        // A machine under load is slow, and no test here is about speed.
        Assertions.SetDefaultExpectTimeout(20_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = BrowserFactAttribute.ChromiumPath,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    internal async Task<Visit> VisitAsync(BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } };
        options.BaseURL = Address.ToString();
        var context = await _browser!.NewContextAsync(options);
        return new Visit(context, await context.NewPageAsync());
    }

    public async Task DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? ValueTask.CompletedTask);
        _playwright?.Dispose();
        await _portal.DisposeAsync();
    }

    private sealed class Factory : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder) => builder.UseEnvironment("Development");
    }
}
