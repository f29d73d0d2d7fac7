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
    public SimulatedAirwallex? Trouble =>
        Service<IWebHostEnvironment>().IsDevelopment()
            ? HttpContext.RequestServices.GetService<SimulatedAirwallex>()
            : null;

    /// <summary>The businesses' names by account; known once connections were looked for.</summary>
    public IReadOnlyDictionary<string, string> Names { get; private set; } = new Dictionary<string, string>();

    protected AirwallexConnections Connections => Service<AirwallexConnections>();

    /// <summary>True when an open page fetches itself anew; what it shows of the API stays.</summary>
    protected bool IsUpdate => Request.Headers.ContainsKey("X-Update");

    protected async Task<List<ConnectionView>> FindConnectionsAsync(CancellationToken cancellationToken)
    {
        await LoadNamesAsync(cancellationToken);
        var views = new List<ConnectionView>();
        await foreach (var connection in Connections.ListAsync(cancellationToken: cancellationToken))
        {
            views.Add(View(connection));
        }

        return [.. views.OrderByDescending(view => view.Connection.ConnectedAt)];
    }

    protected async Task<ConnectionView?> FindConnectionAsync(string accountId, CancellationToken cancellationToken)
    {
        await LoadNamesAsync(cancellationToken);
        return await Connections.FindAsync(accountId, cancellationToken) is { } connection ? View(connection) : null;
    }

    private async Task LoadNamesAsync(CancellationToken cancellationToken)
    {
        await using var database = await Service<IDbContextFactory<PortalContext>>()
            .CreateDbContextAsync(cancellationToken);
        Names = await database.Businesses.ToDictionaryAsync(
            business => business.AccountId, business => business.Name, cancellationToken);
    }

    private ConnectionView View(AirwallexConnection connection) => new(
        connection,
        Names.GetValueOrDefault(connection.AccountId, connection.AccountId),
        Service<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue.KeepAlive,
        Service<TimeProvider>().GetUtcNow());

    private T Service<T>() where T : notnull => HttpContext.RequestServices.GetRequiredService<T>();
}
