#pragma warning disable CA1822 // Members that do nothing yet.
using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>What one refresh tells: collected while it runs, emitted when it ends. Written by one operation. Nothing here throws.</summary>
internal sealed class RefreshTrace(Telemetry telemetry, RefreshTrigger trigger, string accountId, ActivityContext startedBy)
{
    public Telemetry Telemetry { get; } = telemetry;

    public RefreshTrigger Trigger { get; } = trigger;

    public string AccountId { get; } = accountId;

    public ActivityContext StartedBy { get; } = startedBy;

    /// <summary>Another instance's lease is waited for.</summary>
    public void LeaseWait()
    {
    }

    /// <summary>The attempt is in the store.</summary>
    public void AttemptStored()
    {
    }

    /// <summary>A renewal of the lease ended.</summary>
    /// <param name="outcome">renewed, lost or unknown.</param>
    public void LeaseRenewal(string outcome)
    {
    }

    /// <summary>A send starts.</summary>
    /// <param name="isRetry">Whether the same refresh token was sent before and its response may be lost.</param>
    /// <param name="isLastSend">Whether the grace period is over.</param>
    public void SendStarted(bool isRetry, bool isLastSend)
    {
    }

    /// <summary>The send ended; the token request is measured with it.</summary>
    /// <param name="failure">Null when a response with a sound refresh token came.</param>
    /// <param name="isLost">Whether the response may be lost.</param>
    public void SendEnded(TokenRequestException? failure, bool isLost)
    {
    }

    /// <summary>The tokens are in the store.</summary>
    public void Saved()
    {
    }

    /// <summary>The refresh is over.</summary>
    /// <param name="outcome">
    /// refreshed, recovered, already_fresh, deferred, ended, not_found, rejected (configuration), transient or failed.
    /// </param>
    /// <param name="exception">Null when it went well.</param>
    public void End(string outcome, Exception? exception = null)
    {
    }
}
