using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using A = Airwallex.OAuth.TelemetryAttributes;

namespace Airwallex.OAuth;

/// <summary>
/// Metrics, spans and log lines of one application. Nothing here throws or waits: what is told is put into a bounded
/// queue, and listeners are called on another thread. Account ids go into spans, never into metrics, where each would
/// be a time series. Thread-safe.
/// </summary>
internal sealed class Telemetry : IAsyncDisposable
{
    private const int LongestQueue = 10_000;

    private static readonly TimeSpan s_longestFlush = TimeSpan.FromSeconds(2);

    private readonly DiagnosticsQueue _queue;
    private readonly DiagnosticsQueue _logs;
    private readonly Instruments? _instruments;

    /// <summary>Publishes the instruments, all with 0.</summary>
    /// <param name="applicationName">The name of the registration; empty for the one without a name.</param>
    /// <param name="meters">Makes the meter. <c>AddHttpClient</c> registers one; null: there are no metrics.</param>
    /// <param name="time">A clock that does not throw.</param>
    public Telemetry(string applicationName, IMeterFactory? meters, TimeProvider time)
    {
        ApplicationName = applicationName.Length > 0 ? applicationName : "default";
        Attribute = new(A.Application, ApplicationName);
        Time = time;
        _queue = new DiagnosticsQueue(LongestQueue, () => Counts.DiagnosticsDrops.Add("telemetry"));
        _logs = new DiagnosticsQueue(LongestQueue, () => Counts.DiagnosticsDrops.Add("log"));
        if (meters is not null)
        {
            _instruments = Instruments.Join(meters, this);
            _queue.Add(_instruments.EnsureCreated);
        }
    }

    public string ApplicationName { get; }

    /// <summary>The attribute that tells the applications of a process apart.</summary>
    public KeyValuePair<string, object?> Attribute { get; }

    public TelemetryCounts Counts { get; } = new();

    public TimeProvider Time { get; }

    /// <summary>A logger over the application's queue of log lines.</summary>
    /// <param name="loggers">Makes the real logger, with the first line.</param>
    /// <param name="category">The category.</param>
    public QueuedLogger CreateLogger(ILoggerFactory loggers, string category) =>
        new(() => loggers.CreateLogger(category), _logs);

    /// <summary>A refresh begins; what it tells is collected and emitted when it ends.</summary>
    /// <param name="trigger">Why.</param>
    /// <param name="accountId">For the span.</param>
    /// <param name="startedBy">The activity of the caller that started it, to link to; default when nobody did.</param>
    public RefreshTrace StartRefresh(RefreshTrigger trigger, string accountId, ActivityContext startedBy)
    {
        Counts.ActiveRefreshes.Add();
        return new RefreshTrace(this, trigger, accountId, startedBy);
    }

    /// <summary>A token request ended.</summary>
    /// <param name="grant">authorization_code or refresh_token.</param>
    /// <param name="failure">Null on success.</param>
    /// <param name="duration">From before the send to its end.</param>
    public void TokenRequest(string grant, TokenRequestException? failure, TimeSpan duration)
    {
        var outcome = A.OutcomeOf(failure);
        Counts.TokenRequests.Add(grant, outcome);
        Record(_instruments?.TokenRequestDuration, duration, (A.GrantType, grant), (A.Outcome, outcome));
    }

    /// <summary>A call of the token store ended.</summary>
    /// <param name="kind">find, save, delete, list or summarize.</param>
    /// <param name="outcome">ok, lost (a swap), failed or timed_out.</param>
    /// <param name="duration">How long it took.</param>
    public void StoreCall(string kind, string outcome, TimeSpan duration)
    {
        Counts.StoreCalls.Add(kind, outcome);
        Record(_instruments?.StoreCallDuration, duration, (A.StoreOperation, kind), (A.Outcome, outcome));
    }

    /// <summary>One response more (+1) or less (-1) is held in memory because saving fails.</summary>
    public void ResponseHeld(int change) => Counts.ResponsesHeld.Add(change: change);

    /// <summary>A connect or an import ended.</summary>
    /// <param name="outcome">connected, imported, refused (by OnConnecting), exchange_failed or save_failed.</param>
    public void Connect(string outcome) => Counts.Connects.Add(outcome);

    /// <summary>A connection ended: counted once, by the instance that wrote it.</summary>
    public void Ended(ConnectionStatus status) => Counts.Ends.Add(A.Name(status));

    /// <summary>The API rejected an access token.</summary>
    /// <param name="outcome">replaced, replaced_not_resent, still_rejected, not_replaced or failed.</param>
    public void RejectedToken(string outcome) => Counts.Rejections.Add(outcome);

    /// <summary>A round of the keep-alive failed.</summary>
    /// <param name="work">recover, renew or summarize.</param>
    public void MaintenanceFailed(string work) => Counts.MaintenanceFailures.Add(work);

    /// <summary>A connection was found past its renewal window.</summary>
    public void RenewalOverdue() => Counts.Overdue.Add();

    /// <summary>The queue of an observer was full.</summary>
    public void ObserverEventDropped() => Counts.ObserverDrops.Add();

    /// <summary>The latest summary, for the gauges.</summary>
    public void Summarized(ConnectionSummary summary) => Counts.Set(summary, Time.GetUtcNow());

    /// <summary>A refresh ended; called by its trace.</summary>
    internal void RefreshEnded(RefreshTrace trace, string outcome, TimeSpan duration)
    {
        var trigger = A.Triggers[(int)trace.Trigger];
        Counts.ActiveRefreshes.Add(change: -1);
        Counts.Refreshes.Add(trigger, outcome);
        Record(_instruments?.RefreshDuration, duration, (A.Trigger, trigger), (A.Outcome, outcome));
    }

    /// <summary>Runs what calls a listener of activities on the queue.</summary>
    internal void Enqueue(Action emit) => _queue.Add(emit);

    /// <summary>Waits until the log lines, measurements and spans so far are written.</summary>
    /// <param name="timeout">The longest wait, in real time.</param>
    internal Task FlushAsync(TimeSpan timeout) => Task.WhenAll(_queue.FlushAsync(timeout), _logs.FlushAsync(timeout));

    /// <summary>Waits for log lines, measurements and spans at most 2 s, and lets go of the gauges.</summary>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync(s_longestFlush).ConfigureAwait(false);
        _instruments?.Leave(this);
    }

    private void Record(
        Histogram<double>? histogram,
        TimeSpan duration,
        (string Key, string Value) first,
        (string Key, string Value) second)
    {
        if (histogram is { Enabled: true })
        {
            _queue.Add(() => histogram.Record(
                duration.TotalSeconds, Attribute, new(first.Key, first.Value), new(second.Key, second.Value)));
        }
    }
}
