using Airwallex.OAuth;
using ConnectPortal.Data;
using ConnectPortal.Metrics;
using ConnectPortal.Simulation;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ConnectPortal.Pages;

/// <summary>What the pages share.</summary>
public abstract class PortalPage : PageModel
{
    /// <summary>The button that was pressed last.</summary>
    [FromQuery]
    public string? After { get; set; }

    /// <summary>The newest line of the timeline when it was pressed.</summary>
    [FromQuery]
    public long Since { get; set; }

    /// <summary>Whether the customer has just come back after declining.</summary>
    [FromQuery]
    public bool Declined { get; set; }

    public TimelineLog Timeline => Service<TimelineLog>();

    public SimulatedAirwallex? Simulation => HttpContext.RequestServices.GetService<SimulatedAirwallex>();

    /// <summary>What the trouble panel breaks: in Development alone, and only when Airwallex is simulated.</summary>
    public SimulatedAirwallex? Breakable => Service<IWebHostEnvironment>().IsDevelopment() ? Simulation : null;

    public MetricReadings? Metrics => HttpContext.RequestServices.GetService<MetricReadings>();

    /// <summary>The businesses' names by account; known once connections were looked for.</summary>
    public IReadOnlyDictionary<string, string> Names { get; private set; } = new Dictionary<string, string>();

    /// <summary>
    /// A person who pressed a button sees a page soon, also while Airwallex does not respond; what comes later is live.
    /// </summary>
    protected static TimeSpan Patience => TimeSpan.FromSeconds(4);

    protected AirwallexConnections Connections => Service<AirwallexConnections>();

    /// <summary>True when an open page fetches itself anew; what it shows of the API stays.</summary>
    protected bool IsUpdate => Request.Headers.ContainsKey("X-Update");

    // Before anything is read: what happens while the page is made is then new to it.
    public override void OnPageHandlerExecuting(PageHandlerExecutingContext context) =>
        ViewData["Sequence"] = Timeline.Sequence;

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

    /// <summary>Does what a button asks for, waits a little, and says in the timeline what did not work.</summary>
    protected async Task TryAsync(string action, string accountId, Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var timeline = Timeline;
        try
        {
            await RunAsync(timeline, action, accountId, work).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            timeline.Add(TimelineKind.Asked, accountId, $"{action} takes longer. It goes on.");
        }
    }

    protected async Task<PortalContext> OpenDatabaseAsync(CancellationToken cancellationToken) =>
        await Service<IDbContextFactory<PortalContext>>().CreateDbContextAsync(cancellationToken);

    protected T Service<T>() where T : notnull => HttpContext.RequestServices.GetRequiredService<T>();

    private static async Task RunAsync(TimelineLog timeline, string action, string accountId, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (ReauthorizationRequiredException)
        {
            // The observer has said so.
        }
        catch (AirwallexOAuthException exception)
        {
            timeline.Add(
                TimelineKind.Asked, accountId,
                exception.IsTransient ? $"{action}: it did not work yet." : $"{action}: it did not work.",
                exception.Message);
        }
    }

    private async Task LoadNamesAsync(CancellationToken cancellationToken)
    {
        await using var database = await OpenDatabaseAsync(cancellationToken);
        Names = await database.Businesses.ToDictionaryAsync(
            business => business.AccountId, business => business.Name, cancellationToken);
    }

    private ConnectionView View(AirwallexConnection connection) => new(
        connection,
        Names.GetValueOrDefault(connection.AccountId, connection.AccountId),
        Service<TimeProvider>().GetUtcNow())
    {
        KeepAlive = Service<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue.KeepAlive,
        IsDown = Simulation?.DownSince is not null,
        HasFailed = HasFailedLast(connection.AccountId),
    };

    private bool HasFailedLast(string accountId) =>
        Timeline.Entries.FirstOrDefault(
            entry => entry.AccountId == accountId && entry.Kind is not (TimelineKind.Asked or TimelineKind.Late))
            is { Kind: TimelineKind.Failed };
}
