using System.Net;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>Two applications of one program: each has its own endpoints, state, secrets and connections.</summary>
public sealed class SeveralApplicationsTests
{
    [Fact]
    public async Task Each_application_connects_under_its_own_client()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();

        var response = await app.ConnectAsync(browser, "/eu/airwallex/connect?returnUrl=/eu");

        Assert.Equal("/eu", response.Headers.Location!.OriginalString);
        Assert.Equal(0, await app.CountConnectionsAsync());
        var eu = app.App.Services.GetRequiredKeyedService<AirwallexConnections>("eu");
        Assert.Equal(1, (await eu.SummarizeAsync()).Active);
    }

    [Fact]
    public async Task A_callback_of_one_application_is_forged_for_the_other()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();
        var callback = await app.AuthorizeAsync(browser, "/eu/airwallex/connect");

        var response = await browser.GetAsync(
            callback.Replace("/eu/airwallex", "/airwallex", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(0, app.ExchangesSent());
    }

    [Fact]
    public async Task A_challenge_and_a_URL_start_the_flow_of_the_application_that_is_named()
    {
        await using var app = await StartAsync();
        using var browser = app.NewBrowser();

        var challenged = (await browser.GetAsync("/start")).Headers.Location!;
        var created = await (await browser.GetAsync("/url")).Content.ReadAsStringAsync();

        Assert.Contains("client_id=eu-client", challenged.Query, StringComparison.Ordinal);
        Assert.Contains("client_id=eu-client", created, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_secrets_come_from_the_section_of_the_application()
    {
        await using var app = await StartAsync();
        app.Simulator.NextAccount("acct_1");
        using var browser = app.NewBrowser();
        await app.ConnectAsync(browser, "/eu/airwallex/connect");

        Assert.Equal(HttpStatusCode.OK, await DeliverAsync("whsec_eu", "/eu/airwallex/webhooks"));
        Assert.Equal(HttpStatusCode.Unauthorized, await DeliverAsync("whsec_eu", "/airwallex/webhooks"));

        async Task<HttpStatusCode> DeliverAsync(string secret, string path)
        {
            var webhook = app.Simulator.CreateWebhook(secret, "connection.disconnected", "acct_1");
            return (await browser.SendAsync(webhook.ToRequest(new Uri("http://localhost" + path)))).StatusCode;
        }
    }

    [Fact]
    public async Task A_name_that_no_application_has_is_told_with_the_remedy()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => ConnectApp.StartAsync(map: app => app.MapAirwallexOAuth("/us/airwallex", "us")));

        Assert.Contains("AddAirwallexOAuth(\"us\", …).AddConnectFlow()", error.Message, StringComparison.Ordinal);
    }

    private static Task<ConnectApp> StartAsync()
    {
        AirwallexSimulator simulator = null!;
        return ConnectApp.StartAsync(new Setup
        {
            Simulator = created =>
            {
                simulator = created;
                simulator.AddClient(
                    "eu-client", "eu-secret", redirectUris: [new("http://localhost/eu/airwallex/callback")]);
            },
            Services = services =>
            {
                var section = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["ClientId"] = "eu-client",
                    ["ClientSecret"] = "eu-secret",
                    ["Scopes:0"] = "r:awx_action:balances_view",
                    ["AuthorizeEndpoint"] = simulator.AuthorizeEndpoint.AbsoluteUri,
                    ["TokenEndpoint"] = simulator.TokenEndpoint.AbsoluteUri,
                    ["ApiBaseAddress"] = simulator.ApiBaseAddress.AbsoluteUri,
                    ["Webhooks:Secrets:0"] = "whsec_eu",
                }).Build();
                var eu = services.AddAirwallexOAuth("eu", section).AddConnectFlow();
                eu.TokenHttpClient.ConfigurePrimaryHttpMessageHandler(simulator.CreateHandler);
            },
            Map = app =>
            {
                app.MapAirwallexOAuth();
                app.MapAirwallexOAuth("/eu/airwallex", "eu");
                app.MapGet(
                    "/start", () => Results.Challenge(authenticationSchemes: [ConnectFlowDefaults.SchemeFor("eu")]));
                app.MapGet("/url", async (HttpContext context) =>
                    (await context.CreateAirwallexConnectUrlAsync(applicationName: "eu")).AbsoluteUri);
            },
        });
    }
}
