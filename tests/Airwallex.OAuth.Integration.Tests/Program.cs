using Airwallex.OAuth;
using Airwallex.OAuth.Integration.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

if (args is [CronJob.Argument, var directory, var airwallex, var accountId, var disposes])
{
    await CronJob.RunAsync(directory, airwallex, accountId, bool.Parse(disposes));
    return;
}

// A web application of many tenants, each a connected account, as a program of its own would be.
var builder = WebApplication.CreateBuilder(args);
builder.Services.AddAirwallexOAuth(builder.Configuration.GetSection("Airwallex"));
builder.Services.AddHttpClient<AccountsClient>()
    .AddAirwallexTokenForHttpContext(context => context.Request.Headers["X-Tenant"]);
var app = builder.Build();
app.MapGet("/account", async (AccountsClient accounts, CancellationToken cancellationToken) =>
{
    await Task.Yield(); // On another thread than the one that took the request.
    return await accounts.GetIdAsync(cancellationToken);
});
app.Run();
