using System.Net;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>A web application in WebApplicationFactory, whose tenants are connected accounts.</summary>
public sealed class WebApplicationTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly AirwallexSimulator _simulator;
    private readonly WebApplicationFactory<Program> _application;

    public WebApplicationTests()
    {
        _simulator = new AirwallexSimulator(timeProvider: _time);
        _application = new WebApplicationFactory<Program>().WithWebHostBuilder(
            host => host
                .UseSolutionRelativeContentRoot("tests/Airwallex.OAuth.Integration.Tests")
                .ConfigureTestServices(services => services.UseAirwallexSimulator(_simulator)));
    }

    [Fact]
    public async Task Two_hundred_requests_at_once_of_twenty_tenants_each_reach_the_account_of_their_own()
    {
        await ConnectAsync(20);
        using var browser = _application.CreateClient();

        var seen = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Task.Run(() => AccountOfAsync(browser, i % 20))));

        Assert.All(seen.Select((account, i) => (account, i)), one => Assert.Equal($"acct_{one.i % 20}", one.account));
    }

    [Fact]
    public async Task Two_hundred_requests_at_once_whose_tokens_have_expired_cost_one_refresh_a_tenant()
    {
        await ConnectAsync(20);
        using var browser = _application.CreateClient();
        _time.Advance(TimeSpan.FromSeconds(295));

        var seen = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => Task.Run(() => AccountOfAsync(browser, i % 20))));

        Assert.All(seen.Select((account, i) => (account, i)), one => Assert.Equal($"acct_{one.i % 20}", one.account));
        Assert.Equal(20, _simulator.Journal.Count(entry => entry.GrantType == "refresh_token"));
    }

    [Fact]
    public async Task A_request_without_a_tenant_sends_nothing()
    {
        using var browser = _application.CreateClient();

        using var response = await browser.GetAsync("/account");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.DoesNotContain(_simulator.Journal, entry => entry.Path.StartsWith("/api/", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync();
        await _simulator.DisposeAsync();
    }

    private async Task ConnectAsync(int tenants)
    {
        var connections = _application.Services.GetRequiredService<AirwallexConnections>();
        foreach (var tenant in Enumerable.Range(0, tenants))
        {
            await connections.ConnectAsync(_simulator.ConnectAccount($"acct_{tenant}"));
        }
    }

    private static async Task<string> AccountOfAsync(HttpClient browser, int tenant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account");
        request.Headers.Add("X-Tenant", $"acct_{tenant}");
        using var response = await browser.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
