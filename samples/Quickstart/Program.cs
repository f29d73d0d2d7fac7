using System.Text;
using Airwallex.OAuth;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quickstart;

Console.OutputEncoding = Encoding.UTF8;
var terminal = new Terminal();

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders(); // Instead of logging, this program prints what goes over the wire.

// Three settings decide whether this talks to Airwallex. With none of them, Airwallex is simulated in this process.
var settings = builder.Configuration.GetSection("Airwallex");
string[] credentials = ["ClientId", "ClientSecret", "RedirectUri"];
var missing = credentials.Where(name => string.IsNullOrEmpty(settings[name])).ToList();
if (missing.Count is not 0 and not 3)
{
    var names = string.Join(" and ", missing.Select(name => "Airwallex__" + name));
    terminal.Failed($"To talk to Airwallex, set {names} too.");
    return 2;
}

// What any application needs: the connections, and a client of the API whose requests carry an access token.
var airwallex = builder.Services.AddAirwallexOAuth(settings);
builder.Services.AddHttpClient<AirwallexApi>().AddAirwallexToken().AddHttpMessageHandler<WireTap>();

// What only this program needs: requests made visible, and connections that are forgotten when it ends.
airwallex.TokenHttpClient.AddHttpMessageHandler<WireTap>();
airwallex.AddTokenStore<InMemoryTokenStore>();
builder.Services.AddSingleton(terminal).AddTransient<WireTap>();
builder.Services.AddTransient<SimulatedTour>().AddTransient<AirwallexTour>();
builder.Services.PostConfigure<AirwallexOAuthOptions>(options =>
{
    if (options.Scopes.Count == 0)
    {
        options.Scopes = ["r:awx_action:balances_view", "r:awx_action:settings.account_details_view"];
    }
});

var simulated = missing.Count == 3;
var clock = new ManualClock();
await using var simulator = simulated
    ? await AirwallexSimulator.StartAsync(new AirwallexSimulatorOptions { ApplicationName = "Quickstart" }, clock)
    : null;
if (simulator is not null)
{
    // Endpoints, client id, secret, redirect URI and clock, in one line.
    builder.Services.UseAirwallexSimulator(simulator).AddSingleton(simulator).AddSingleton(clock);
}

try
{
    using var host = builder.Build();
    await host.StartAsync();
    await (simulated
        ? host.Services.GetRequiredService<SimulatedTour>().RunAsync()
        : host.Services.GetRequiredService<AirwallexTour>().RunAsync());
    await host.StopAsync();
    terminal.WhereNext();
    return 0;
}
catch (Exception exception)
{
    terminal.Failed(exception.Message);
    return 1;
}
