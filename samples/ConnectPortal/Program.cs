using System.Globalization;
using Airwallex.OAuth;
using ConnectPortal;
using ConnectPortal.Data;
using ConnectPortal.Simulation;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.Localization;
using Microsoft.EntityFrameworkCore;

var builder = WebApplication.CreateBuilder(args);

// Without a client id, Airwallex is simulated in this process; with one (user secrets, environment), the real demo
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
        flow.OnConnected = Businesses.RememberAsync;
        flow.OnFailed = Businesses.ExplainAsync;
        flow.Webhooks.Secrets = builder.Configuration.GetSection("Airwallex:WebhookSecrets").Get<string[]>() ?? [];
    })
    .AddConnectionObserver(services => services.GetRequiredService<TimelineLog>());
simulation?.AddTo(builder.Services);

// 3. Calling the API with a token that is always fresh.
builder.Services.AddHttpClient<AirwallexApi>().AddAirwallexToken();

builder.Services.AddHealthChecks().AddAirwallexOAuth();
builder.Services.AddRazorPages();
PortalAddress.ChooseUnlessConfigured(builder);

var app = builder.Build();
await PortalDatabase.CreateAsync(app.Services);

app.UseRequestLocalization(options => options.DefaultRequestCulture = new RequestCulture(CultureInfo.InvariantCulture));
app.UseMiddleware<SecurityHeaders>();
app.UseStatusCodePagesWithReExecute("/Error/{0}");
app.UseExceptionHandler("/Error/500");
app.MapStaticAssets();
app.MapRazorPages().WithStaticAssets();
app.MapHealthChecks("/health");
app.MapLiveUpdates();
app.MapAirwallexOAuth("/airwallex");

return await PortalAddress.RunAsync(app, simulation);
