using System.Net;
using System.Text;
using Airwallex.OAuth;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

// Every part that reflection or generated code could break when compiled to native code: options from configuration and their
// validation, the service container, the JSON of the token endpoint, the pipeline of HttpClientFactory.
var configuration = new ConfigurationManager();
configuration["Airwallex:Environment"] = "Sandbox";
configuration["Airwallex:ClientId"] = "id";
configuration["Airwallex:ClientSecret"] = "secret";
configuration["Airwallex:RedirectUri"] = "https://app.example/callback";
configuration["Airwallex:Scopes:0"] = "balance:read";
configuration["Airwallex:RefreshAhead"] = "00:00:45";
configuration["Airwallex:KeepAlive:MaxConcurrency"] = "2";

var services = new ServiceCollection();
services.AddAirwallexOAuth(configuration.GetSection("Airwallex"));
foreach (var client in new[] { AirwallexOAuthServiceCollectionExtensions.TokenClientName, AirwallexClientFactory.ClientName })
{
    services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => new AirwallexStub());
}

using var provider = services.BuildServiceProvider();

var url = provider.GetRequiredService<AuthorizeUrlBuilder>().Build(new AuthorizeRequest { State = AuthorizationState.Create() });
var connections = provider.GetRequiredService<AirwallexConnections>();
var connected = await connections.ConnectAsync("code");
var refreshed = await connections.RefreshAsync(connected.AccountId);
var answer = await provider.GetRequiredService<AirwallexClientFactory>().CreateClient("acct_1").GetStringAsync("api/v1/account");

var works = url.Host == "www.sandbox.airwallex.com"
    && connected.Tokens.RefreshToken == "refresh-authorization_code"
    && refreshed.Tokens.RefreshToken == "refresh-refresh_token"
    && answer == "Bearer access-refresh_token";
Console.WriteLine(works ? "The core works." : $"The core does not work: {url}, {connected}, {refreshed}, {answer.Length} characters.");
return works ? 0 : 1;

/// <summary>Answers as Airwallex's token endpoint and API do.</summary>
internal sealed class AirwallexStub : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.AbsolutePath != "/oauth/token")
        {
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent($"{request.Headers.Authorization}") };
        }

        var form = await request.Content!.ReadAsStringAsync(cancellationToken);
        var grantType = form.Contains("grant_type=refresh_token", StringComparison.Ordinal) ? "refresh_token" : "authorization_code";
        var json = $$"""
            {"access_token":"access-{{grantType}}","account_id":"acct_1","expires_in":300,"refresh_token":"refresh-{{grantType}}","refresh_token_expires_in":7776000,"scope":"balance:read","token_type":"bearer"}
            """;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
    }
}
