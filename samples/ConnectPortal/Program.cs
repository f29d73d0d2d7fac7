using System.Globalization;
using Airwallex.OAuth;
using ConnectPortal;
using ConnectPortal.Data;
using ConnectPortal.Metrics;
using ConnectPortal.Simulation;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Localization;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);

// Without a client id, Airwallex is simulated in this process; with one (user secrets, environment), the configured
// environment is used.
await using var simulation = await SimulatedAirwallex.StartUnlessConfiguredAsync(builder);

// 1. Where connections are kept.
builder.Services.AddDbContextFactory<PortalContext>(
    options => options.UseSqlite($"Data Source={PortalDatabase.Choose(builder, simulation)}"));

// 2. Airwallex: the client, the connect flow with its webhooks, and who is told what happens.
builder.Services.AddSingleton<TimelineLog>();
builder.Services
    .AddAirwallexOAuth(builder.Configuration.GetSection("Airwallex"))
    .AddEntityFrameworkStore<PortalContext>()
    .AddConnectFlow(flow =>
    {
        flow.OnConnecting = Businesses.LinkAsync;
        flow.OnConnected = Businesses.NameAsync;
        flow.OnFailed = Businesses.ExplainAsync;
    })
    .AddConnectionObserver(services => services.GetRequiredService<TimelineLog>());
simulation?.AddTo(builder.Services);

// 3. Calling the API with a token that is always fresh.
builder.Services.AddHttpClient<AirwallexApi>().AddAirwallexToken();

// 4. What an operator sees.
builder.Services.AddHealthChecks().AddAirwallexOAuth();
builder.AddPortalMetrics();

// A refresh that is under way when the portal stops is finished first.
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(75));

builder.Services.AddRazorPages();
// The files of wwwroot, also where the build output runs outside Development.
builder.WebHost.UseStaticWebAssets();
// Every X-Forwarded header, but only from a proxy on this machine.
builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.All);
PortalAddress.ChooseUnlessConfigured(builder);

var app = builder.Build();
await PortalDatabase.CreateAsync(app.Services);

app.UseForwardedHeaders();
app.UsePathBase(app.Configuration["PathBase"]);
app.UseRequestLocalization(options => options.DefaultRequestCulture = new RequestCulture(CultureInfo.InvariantCulture));
app.UseMiddleware<SecurityHeaders>();
app.UseStatusCodePagesWithReExecute("/Error/{0}");
app.UseExceptionHandler("/Error/500");
// After the path base, so that routes are found below it.
app.UseRouting();
app.MapStaticAssets();
app.MapRazorPages().WithStaticAssets();
app.MapHealthChecks("/health");
app.MapPortalMetrics();
app.MapLiveUpdates();
app.MapAirwallexOAuth("/airwallex");
app.MapReconnect();

return await PortalAddress.RunAsync(app, simulation);
