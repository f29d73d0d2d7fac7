using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Airwallex.OAuth;
using Airwallex.OAuth.Aot;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// Every part that reflection or generated code could break when compiled to native code: options from configuration and
// their validation, the service container, the JSON of the token endpoint, the pipeline of HttpClientFactory, the
// endpoints, and the encrypted state of the browser flow. A customer connects in a browser, the program refreshes,
// calls the API and takes a webhook.
const string WebhookSecret = "webhook-secret";
var address = $"http://localhost:{FreePort()}/";

var builder = WebApplication.CreateSlimBuilder(
    new WebApplicationOptions { EnvironmentName = Environments.Development });
builder.WebHost.UseUrls(address);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Configuration["Airwallex:Environment"] = "Sandbox";
builder.Configuration["Airwallex:ClientId"] = "id";
builder.Configuration["Airwallex:ClientSecret"] = "secret";
builder.Configuration["Airwallex:RedirectUri"] = address + "airwallex/callback";
builder.Configuration["Airwallex:Scopes"] = "balance:read account:read";
builder.Configuration["Airwallex:RefreshAhead"] = "00:00:45";
builder.Configuration["Airwallex:KeepAlive:MaxConcurrency"] = "2";
builder.Configuration["Airwallex:Webhooks:Secrets:0"] = WebhookSecret;

builder.Services.ConfigureHttpClientDefaults(
    clients => clients.ConfigurePrimaryHttpMessageHandler(() => new AirwallexStub()));
builder.Services.AddAirwallexOAuth(builder.Configuration.GetSection("Airwallex")).AddConnectFlow();
builder.Services.AddHealthChecks().AddAirwallexOAuth();

await using var app = builder.Build();
app.MapAirwallexOAuth("/airwallex");
app.MapHealthChecks("/health");
await app.StartAsync();

using var browser = new HttpClient(
    new SocketsHttpHandler { AllowAutoRedirect = false })
{ BaseAddress = new Uri(address) };
var connections = app.Services.GetRequiredService<AirwallexConnections>();

var toAirwallex = (await browser.GetAsync("airwallex/connect?sign_up=true&returnUrl=/welcome")).Headers.Location!;
Check(toAirwallex.Host == "www.sandbox.airwallex.com", $"The customer is sent to {toAirwallex.Host}.");
var state = toAirwallex.Query.TrimStart('?').Split('&').Single(
    pair => pair.StartsWith("state=", StringComparison.Ordinal));
using (var callback = await browser.GetAsync($"airwallex/callback?code=code&{state}"))
{
    Check(
        callback.Headers.Location?.OriginalString == "/welcome",
        $"The account is connected ({(int)callback.StatusCode}).");
}

var refreshed = await connections.RefreshAsync(AirwallexStub.Account);
Check(refreshed.Status == ConnectionStatus.Active && AirwallexStub.Refreshes == 1, "The tokens are refreshed.");

using var api = app.Services.GetRequiredService<AirwallexClientFactory>().CreateClient(AirwallexStub.Account);
Check(
    await api.GetStringAsync("api/v1/account") == "Bearer access-refresh_token",
    "The API is called with the new token.");
Check(await browser.GetStringAsync("health") == "Healthy", "The health check is healthy.");

AirwallexStub.IsDisconnected = true;
using (var response = await browser.SendAsync(Webhook()))
{
    Check(response.StatusCode == HttpStatusCode.OK, $"The webhook is acknowledged ({(int)response.StatusCode}).");
}

var connection = await connections.FindAsync(AirwallexStub.Account);
for (var tries = 0; tries < 100 && connection!.Status == ConnectionStatus.Active; tries++)
{
    await Task.Delay(50);
    connection = await connections.FindAsync(AirwallexStub.Account);
}

Check(
    connection!.Status == ConnectionStatus.Disconnected,
    $"The connection is {connection.Status}: {connection.StatusReason}");
await app.StopAsync();
Console.WriteLine("Everything works as native code.");
return 0;

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}

static HttpRequestMessage Webhook()
{
    var body = $$"""
        {"id":"evt_1","name":"connection.disconnected","created_at":"2026-01-01T00:00:00+0000",
         "account_id":"{{AirwallexStub.Account}}",
         "data": {"account_id":"{{AirwallexStub.Account}}","status":"DISCONNECTED"} }
        """;
    var timestamp = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
    var signature = HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(WebhookSecret), Encoding.UTF8.GetBytes(timestamp + body));
    var request = new HttpRequestMessage(HttpMethod.Post, "airwallex/webhooks")
    {
        Content = new StringContent(body, Encoding.UTF8, "application/json"),
    };
    request.Headers.Add("x-timestamp", timestamp);
    request.Headers.Add("x-signature", Convert.ToHexStringLower(signature));
    return request;
}

static void Check(bool asItMustBe, string text)
{
    Console.WriteLine($"{(asItMustBe ? "✓" : "✗")} {text}");
    if (!asItMustBe)
    {
        Environment.Exit(1);
    }
}
