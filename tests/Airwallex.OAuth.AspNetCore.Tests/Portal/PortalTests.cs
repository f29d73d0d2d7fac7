using System.Net;
using System.Text.RegularExpressions;
using Airwallex.OAuth.AspNetCore.Tests.Diagnostics;
using ConnectPortal.Simulation;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>The portal without a browser.</summary>
public sealed partial class PortalTests
{
    [Fact]
    public async Task The_portal_opens_without_any_configuration()
    {
        await using var portal = Portal("Development");
        using var http = portal.CreateClient();

        var page = await http.GetAsync("/");

        var html = await page.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("Sign up with Airwallex", html, StringComparison.Ordinal);
        Assert.Contains("Simulated Airwallex", html, StringComparison.Ordinal);
        Assert.Contains(
            "default-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal);
        Assert.Equal("Healthy", await http.GetStringAsync("/health"));
    }

    [Fact]
    public async Task The_badge_names_the_environment_that_is_configured()
    {
        var database = Directory.CreateTempSubdirectory("connect-portal-");
        try
        {
            await using var portal = Portal("Development").WithWebHostBuilder(host => host
                .UseSetting("Airwallex:ClientId", "some-client")
                .UseSetting("Airwallex:ClientSecret", "some-secret")
                .UseSetting("Airwallex:Environment", "Sandbox")
                .UseSetting("Database", Path.Combine(database.FullName, "portal.db")));
            using var http = portal.CreateClient();

            var html = await http.GetStringAsync("/");

            Assert.Contains("Airwallex Sandbox", html, StringComparison.Ordinal);
            Assert.DoesNotContain("Break something", html, StringComparison.Ordinal);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            database.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Metrics_are_scraped_in_Development_and_three_are_on_the_start_page()
    {
        await using var portal = Portal("Development");
        using var http = portal.CreateClient();
        var connections = portal.Services.GetRequiredService<AirwallexConnections>();
        var server = portal.Services.GetRequiredService<SimulatedAirwallex>().Server;
        await server.ConnectAsync(connections, "acct_1");
        await connections.RefreshAsync("acct_1");

        await ConnectApp.WaitUntilAsync(() => http.GetStringAsync("/metrics").GetAwaiter().GetResult().Split('\n').Any(
            line => line.StartsWith("airwallex_oauth_refreshes_total{", StringComparison.Ordinal)
                && line.Contains("airwallex_oauth_outcome=\"refreshed\"", StringComparison.Ordinal)
                && line.Contains("airwallex_oauth_trigger=\"forced\"", StringComparison.Ordinal)
                && !line.Contains("} 0", StringComparison.Ordinal)));

        var metrics = await http.GetStringAsync("/metrics");
        Assert.All(DocumentedNames(), name => Assert.Contains($"\n{name}{{", metrics, StringComparison.Ordinal));
        var page = await http.GetStringAsync("/");
        Assert.Contains("href=\"/metrics\"", page, StringComparison.Ordinal);
        foreach (var name in new[]
        {
            "airwallex_oauth_refreshes_total", "airwallex_oauth_responses_lost_total",
            "airwallex_oauth_connection_ends_total",
        })
        {
            Assert.Contains(name, DocumentedNames());
            Assert.Contains($"<code>{name}</code>", page, StringComparison.Ordinal);
        }

        Assert.Matches("<dd class=\"figure\">1</dd><dd><code>airwallex_oauth_refreshes_total</code>", page);
    }

    [Fact]
    public async Task In_production_nothing_breaks_and_no_metrics_are_shown()
    {
        await using var portal = Portal("Production");
        using var http = portal.CreateClient();
        await portal.Services.GetRequiredService<SimulatedAirwallex>().Server.ConnectAsync(
            portal.Services.GetRequiredService<AirwallexConnections>(), "acct_1");

        var page = await http.GetStringAsync("/");
        var connection = await http.GetStringAsync("/connections/acct_1");

        Assert.DoesNotContain("id=\"trouble\"", page + connection, StringComparison.Ordinal);
        Assert.DoesNotContain("/metrics", page + connection, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/metrics")).StatusCode);
    }

    [Theory]
    [InlineData("/Trouble")]
    [InlineData("/connections/acct_1?handler=Remove")]
    public async Task A_form_of_another_site_changes_nothing(string url)
    {
        await using var portal = Portal("Development");
        using var http = portal.CreateClient();
        using var form = new FormUrlEncodedContent([new("trouble", "down")]);

        var response = await http.PostAsync(new Uri(url, UriKind.Relative), form);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(portal.Services.GetRequiredService<SimulatedAirwallex>().DownSince);
    }

    [Theory]
    [InlineData("/connections/acct_unknown")]
    [InlineData("/nowhere")]
    public async Task A_page_that_does_not_exist_says_so(string url)
    {
        await using var portal = Portal("Development");
        using var http = portal.CreateClient();

        var page = await http.GetAsync(url);

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.Contains(
            "This page does not exist", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>The instruments of the documented table, as Prometheus names them.</summary>
    private static List<string> DocumentedNames()
    {
        var table = File.ReadLines(Path.Combine(ScrapeTests.Docs, "operating.md"))
            .Select(line => Instrument().Match(line)).Where(row => row.Success).ToList();
        Assert.True(table.Count > 20);
        return [.. table.Select(row => row.Groups["name"].Value.Replace('.', '_') + (
            row.Groups["kind"].Value == "counter" ? "_total"
            : row.Groups["kind"].Value == "histogram" ? "_seconds_bucket"
            : row.Groups["unit"].Value == "s" ? "_seconds"
            : ""))];
    }

    [GeneratedRegex(
        @"^\| `(?<name>airwallex\.oauth\.[a-z_.]+)` \| (?<kind>counter|histogram|gauge|up-down counter), (?<unit>\S+)")]
    private static partial Regex Instrument();

    private static WebApplicationFactory<Program> Portal(string environment) =>
        new WebApplicationFactory<Program>().WithWebHostBuilder(host => host.UseEnvironment(environment));
}
