#pragma warning disable CA1822 // Members that do nothing yet.
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Airwallex.OAuth;

/// <summary>
/// Metrics and spans of one application. Nothing here throws or waits: what is told is put into a bounded queue, and listeners are called on
/// another thread. Account ids go into spans, never into metrics, where each would be a time series. Thread-safe.
/// </summary>
internal sealed class Telemetry(string applicationName, IMeterFactory? meters, TimeProvider time) : IAsyncDisposable
{
    public string ApplicationName { get; } = applicationName;

    public IMeterFactory? Meters { get; } = meters;

    public TimeProvider Time { get; } = time;

    /// <summary>A refresh begins; what it tells is collected and emitted when it ends.</summary>
    /// <param name="trigger">Why.</param>
    /// <param name="accountId">For the span.</param>
    /// <param name="startedBy">The activity of the caller that started it, to link to; default when nobody did.</param>
    public RefreshTrace StartRefresh(RefreshTrigger trigger, string accountId, ActivityContext startedBy) =>
        new(this, trigger, accountId, startedBy);

    /// <summary>A token request ended.</summary>
    /// <param name="grant">authorization_code or refresh_token.</param>
    /// <param name="failure">Null on success.</param>
    /// <param name="duration">From before the send to its end.</param>
    public void TokenRequest(string grant, TokenRequestException? failure, TimeSpan duration)
    {
    }

    /// <summary>A call of the token store ended.</summary>
    /// <param name="kind">find, save, delete, list or summarize.</param>
    /// <param name="outcome">ok, lost (a swap), failed or timed_out.</param>
    /// <param name="duration">How long it took.</param>
    public void StoreCall(string kind, string outcome, TimeSpan duration)
    {
    }

    /// <summary>One response more (+1) or less (-1) is held in memory because saving fails.</summary>
    public void ResponseHeld(int change)
    {
    }

    /// <summary>A connect or an import ended.</summary>
    /// <param name="outcome">connected, imported, refused (by OnConnecting), exchange_failed or save_failed.</param>
    public void Connect(string outcome)
    {
    }

    /// <summary>A connection ended: counted once, by the instance that wrote it.</summary>
    public void Ended(ConnectionStatus status)
    {
    }

    /// <summary>The API rejected an access token.</summary>
    /// <param name="outcome">replaced, replaced_not_resent, still_rejected, not_replaced or failed.</param>
    public void RejectedToken(string outcome)
    {
    }

    /// <summary>A round of the keep-alive failed.</summary>
    /// <param name="work">recover, renew or summarize.</param>
    public void MaintenanceFailed(string work)
    {
    }

    /// <summary>A connection was found past its renewal window.</summary>
    public void RenewalOverdue()
    {
    }

    /// <summary>The queue of an observer was full.</summary>
    public void ObserverEventDropped()
    {
    }

    /// <summary>The latest summary, for the gauges.</summary>
    public void Summarized(ConnectionSummary summary)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
