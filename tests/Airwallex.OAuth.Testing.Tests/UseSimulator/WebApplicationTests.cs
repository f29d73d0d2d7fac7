using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airwallex.OAuth.Testing.Tests.UseSimulator;

/// <summary>
/// A web application tested as its own developers would: its services, its endpoints, and three months in a second.
/// </summary>
public sealed class WebApplicationTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly AirwallexSimulator _simulator;
    private readonly WebApplicationFactory<BalancesApp> _app;

    public WebApplicationTests()
    {
        _simulator = new AirwallexSimulator(timeProvider: _time);
        _app = new BalancesApp().WithWebHostBuilder(host =>
            host.ConfigureTestServices(services => services.UseAirwallexSimulator(_simulator)));
    }

    private AirwallexConnections Connections => _app.Services.GetRequiredService<AirwallexConnections>();

    public void Dispose()
    {
        _app.Dispose();
        _simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Balances_of_a_connected_account_are_shown()
    {
        await _simulator.ConnectAsync(Connections, "acct_1");

        using var http = _app.CreateClient();
        var balances = await http.GetStringAsync("/balances/acct_1");

        Assert.Contains("available_amount", balances, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Balances_are_shown_after_the_token_expired_and_the_token_endpoint_lost_a_response()
    {
        await _simulator.ConnectAsync(Connections, "acct_1");
        _time.Advance(TimeSpan.FromMinutes(10));
        _simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());

        using var http = _app.CreateClient();
        var balances = http.GetStringAsync("/balances/acct_1");
        while (!balances.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        Assert.Contains("available_amount", await balances, StringComparison.Ordinal);
        Assert.Contains(_simulator.Journal, entry => entry.GraceReplay);
    }

    [Fact]
    public async Task A_customer_who_disconnected_is_asked_to_connect_again()
    {
        await _simulator.ConnectAsync(Connections, "acct_1");
        _simulator.RevokeByUser("acct_1");
        _time.Advance(TimeSpan.FromMinutes(10));

        using var http = _app.CreateClient();
        using var response = await http.GetAsync(new Uri("/balances/acct_1", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
    }

    /// <summary>The program under test. A test of one's own names its Program class instead.</summary>
    public sealed class BalancesApp : WebApplicationFactory<BalancesApp>
    {
        protected override IHostBuilder CreateHostBuilder() =>
            Host.CreateDefaultBuilder().ConfigureWebHostDefaults(web => web
            .ConfigureServices(services =>
            {
                services.AddRouting();
                services.AddAirwallexOAuth(options => options.ClientId = "the-real-client-id")
                    .AddTokenStore<InMemoryTokenStore>();
                services.AddHttpClient("balances").AddAirwallexToken();
            })
            .Configure(app => app.UseRouting().UseEndpoints(endpoints => endpoints.MapGet(
                "/balances/{account}",
                async (string account, IHttpClientFactory clients) =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/balances/current");
                    try
                    {
                        using var http = clients.CreateClient("balances");
                        using var response = await http.SendAsync(request.SetAirwallexAccount(account));
                        return Results.Text(await response.Content.ReadAsStringAsync());
                    }
                    catch (ReauthorizationRequiredException)
                    {
                        return Results.Conflict("Connect the account again.");
                    }
                }))));

        // This project has no folder of a program.
        protected override IHost CreateHost(IHostBuilder builder) =>
            base.CreateHost(builder.UseContentRoot(AppContext.BaseDirectory));
    }
}
