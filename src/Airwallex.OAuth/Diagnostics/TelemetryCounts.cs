using A = Airwallex.OAuth.TelemetryAttributes;

namespace Airwallex.OAuth;

/// <summary>
/// What one application counts: every counter and gauge of the meter, but the durations. Thread-safe.
/// </summary>
internal sealed class TelemetryCounts
{
    private long _renewalLatenessTicks;

    public TelemetryCounts() => All =
    [
        TokenRequests, Refreshes, ResponsesLost, Retries, LastSends, LeaseWaits, LeaseRenewals, Rejections, Connects,
        Ends, StoreCalls, MaintenanceFailures, Overdue, ObserverDrops, DiagnosticsDrops, ActiveRefreshes, ResponsesHeld,
        Connections, RenewalsDue, RefreshesPending,
    ];

    /// <summary>All of them, in the same order for every application.</summary>
    public IReadOnlyList<CounterSet> All { get; }

    public CounterSet TokenRequests { get; } = new(
        "airwallex.oauth.token_requests", "{request}", "Requests to the token endpoint.",
        (A.GrantType, A.GrantTypes), (A.Outcome, A.TokenRequestOutcomes));

    public CounterSet Refreshes { get; } = new(
        "airwallex.oauth.refreshes", "{refresh}", "Refreshes that ended.",
        (A.Trigger, A.Triggers), (A.Outcome, A.RefreshOutcomes));

    public CounterSet ResponsesLost { get; } = new(
        "airwallex.oauth.responses.lost", "{response}", "Sends of a refresh token whose response may be lost.");

    public CounterSet Retries { get; } = new(
        "airwallex.oauth.refresh.retries", "{request}", "Refresh tokens sent again inside the grace period.");

    public CounterSet LastSends { get; } = new(
        "airwallex.oauth.refresh.last_sends", "{request}", "Refresh tokens sent once more after the grace period.");

    public CounterSet LeaseWaits { get; } = new(
        "airwallex.oauth.lease.waits", "{wait}", "Waits for the lease of another instance.");

    public CounterSet LeaseRenewals { get; } = new(
        "airwallex.oauth.lease.renewals", "{renewal}", "Renewals of a lease.", (A.Outcome, A.RenewalOutcomes));

    public CounterSet Rejections { get; } = new(
        "airwallex.oauth.access_token.rejections", "{rejection}", "Access tokens that the API rejected with 401.",
        (A.Outcome, A.RejectionOutcomes));

    public CounterSet Connects { get; } = new(
        "airwallex.oauth.connects", "{connect}", "Connects and imports of accounts.", (A.Outcome, A.ConnectOutcomes));

    public CounterSet Ends { get; } = new(
        "airwallex.oauth.connection.ends", "{connection}", "Connections that ended, each counted once.",
        (A.Status, A.EndedStatuses));

    public CounterSet StoreCalls { get; } = new(
        "airwallex.oauth.store_calls", "{call}", "Calls of the token store.",
        (A.StoreOperation, A.StoreOperations), (A.Outcome, A.StoreOutcomes));

    public CounterSet MaintenanceFailures { get; } = new(
        "airwallex.oauth.keep_alive.failures", "{round}", "Rounds of the keep-alive that failed.", (A.Work, A.Works));

    public CounterSet Overdue { get; } = new(
        "airwallex.oauth.renewal.overdue", "{connection}", "Connections found past their renewal window.");

    public CounterSet ObserverDrops { get; } = new(
        "airwallex.oauth.observer.dropped_events", "{event}", "Events dropped because an observer is too slow.");

    public CounterSet DiagnosticsDrops { get; } = new(
        "airwallex.oauth.diagnostics.dropped_items", "{item}",
        "Log lines, measurements and spans dropped because a listener is too slow.", (A.Queue, A.Queues));

    public CounterSet ActiveRefreshes { get; } = new(
        "airwallex.oauth.refresh.active", "{refresh}", "Refreshes that are under way in this process.")
    { Kind = InstrumentKind.UpDownCounter };

    public CounterSet ResponsesHeld { get; } = new(
        "airwallex.oauth.responses.held", "{response}", "Responses held in memory because the token store fails.")
    { Kind = InstrumentKind.UpDownCounter };

    public CounterSet Connections { get; } = new(
        "airwallex.oauth.connections", "{connection}", "Stored connections, by the latest summary.",
        (A.Status, A.StoredStatuses))
    { Kind = InstrumentKind.Gauge };

    public CounterSet RenewalsDue { get; } = new(
        "airwallex.oauth.renewal.due", "{connection}",
        "Active connections whose renewal is due, by the latest summary.")
    { Kind = InstrumentKind.Gauge };

    public CounterSet RefreshesPending { get; } = new(
        "airwallex.oauth.refresh.pending", "{connection}",
        "Active connections with a refresh under way or unfinished, by the latest summary.")
    { Kind = InstrumentKind.Gauge };

    /// <summary>By how much the oldest renewal was late when the latest summary was made.</summary>
    public TimeSpan RenewalLateness => new(Interlocked.Read(ref _renewalLatenessTicks));

    /// <summary>Takes over a summary.</summary>
    public void Set(ConnectionSummary summary, DateTimeOffset now)
    {
        Connections.Set("active", summary.Active);
        Connections.Set("reauthorization_required", summary.ReauthorizationRequired);
        Connections.Set("disconnected", summary.Disconnected);
        RenewalsDue.Set(null, summary.RenewalDue);
        RefreshesPending.Set(null, summary.RefreshPending);
        var lateness = summary.OldestRenewAt is { } oldest && oldest < now ? now - oldest : TimeSpan.Zero;
        Interlocked.Exchange(ref _renewalLatenessTicks, lateness.Ticks);
    }
}
