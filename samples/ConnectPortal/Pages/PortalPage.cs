using Airwallex.OAuth;
using ConnectPortal.Data;
using ConnectPortal.Simulation;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ConnectPortal.Pages;

/// <summary>What the pages share.</summary>
public abstract class PortalPage : PageModel
{
    public TimelineLog Timeline => Service<TimelineLog>();

    /// <summary>The trouble panel's simulator: in Development alone, and only when Airwallex is simulated.</summary>
    public SimulatedAirwallex? Trouble => Service<IWebHostEnvironment>().IsDevelopment() ? HttpContext.RequestServices.GetService<SimulatedAirwallex>() : null;

    protected AirwallexConnections Connections => Service<AirwallexConnections>();

    /// <summary>True when an open page fetches itself anew; what it shows of the API stays.</summary>
    protected bool IsUpdate => Request.Headers.ContainsKey("X-Update");

    protected async Task<List<ConnectionView>> FindConnectionsAsync(CancellationToken cancellationToken)
    {
        var names = await FindNamesAsync(cancellationToken);
        var views = new List<ConnectionView>();
        await foreach (var connection in Connections.ListAsync(cancellationToken: cancellationToken))
        {
            views.Add(View(connection, names));
        }

        return [.. views.OrderByDescending(view => view.Connection.ConnectedAt)];
    }

    protected async Task<ConnectionView?> FindConnectionAsync(string accountId, CancellationToken cancellationToken) =>
        await Connections.FindAsync(accountId, cancellationToken) is { } connection
            ? View(connection, await FindNamesAsync(cancellationToken))
            : null;

    private async Task<Dictionary<string, string>> FindNamesAsync(CancellationToken cancellationToken)
    {
        await using var database = await Service<IDbContextFactory<PortalContext>>().CreateDbContextAsync(cancellationToken);
        return await database.Businesses.ToDictionaryAsync(business => business.AccountId, business => business.Name, cancellationToken);
    }

    private ConnectionView View(AirwallexConnection connection, Dictionary<string, string> names) => new(
        connection,
        names.GetValueOrDefault(connection.AccountId, connection.AccountId),
        Service<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue.KeepAlive,
        Service<TimeProvider>().GetUtcNow());

    private T Service<T>() where T : notnull => HttpContext.RequestServices.GetRequiredService<T>();
}
