using System.Diagnostics;
using A = Airwallex.OAuth.TelemetryAttributes;

namespace Airwallex.OAuth;

/// <summary>
/// What one refresh tells: counted at once, collected for its span while it runs, emitted when it ends. Written by one
/// operation and the renewal of its lease. Nothing here throws or waits.
/// </summary>
internal sealed class RefreshTrace
{
    private readonly object _gate = new(); // Guards the spans and what is open.
    private readonly DateTimeOffset _startedAt;
    private readonly long _startedStamp; // Lengths are monotonic: the wall clock may be put back meanwhile.
    private readonly Spans.Span? _span; // Null when nobody listens.
    private readonly List<Spans.Span> _requests = [];
    private Send? _send;
    private bool _hasEnded;

    public RefreshTrace(Telemetry telemetry, RefreshTrigger trigger, string accountId, ActivityContext startedBy)
    {
        Telemetry = telemetry;
        Trigger = trigger;
        (_startedAt, _startedStamp) = (telemetry.Time.GetUtcNow(), telemetry.Time.GetTimestamp());
        if (Spans.AreWanted)
        {
            _span = new Spans.Span("airwallex.oauth.refresh", _startedAt) { StartedBy = startedBy };
            _span.Tags.AddRange(
                [telemetry.Attribute, new(A.AccountId, accountId), new(A.Trigger, A.Triggers[(int)trigger])]);
        }
    }

    public Telemetry Telemetry { get; }

    public RefreshTrigger Trigger { get; }

    /// <summary>Another instance's lease is waited for.</summary>
    public void LeaseWait()
    {
        Telemetry.Counts.LeaseWaits.Add();
        Happened("lease_wait");
    }

    /// <summary>The attempt is in the store.</summary>
    public void AttemptStored() => Happened("attempt");

    /// <summary>A renewal of the lease ended.</summary>
    /// <param name="outcome">renewed, lost or unknown.</param>
    public void LeaseRenewal(string outcome)
    {
        Telemetry.Counts.LeaseRenewals.Add(outcome);
        Happened("lease_renewal", Tag(A.Outcome, outcome));
    }

    /// <summary>A send starts.</summary>
    /// <param name="isRetry">Whether the same refresh token was sent before and its response may be lost.</param>
    /// <param name="isLastSend">Whether the grace period is over.</param>
    public void SendStarted(bool isRetry, bool isLastSend)
    {
        if (isLastSend)
        {
            Telemetry.Counts.LastSends.Add();
        }
        else if (isRetry)
        {
            Telemetry.Counts.Retries.Add();
        }

        Happened("send", Tag(A.IsRetry, isRetry), Tag(A.IsLastSend, isLastSend));
        lock (_gate)
        {
            _send = new Send(Elapsed(), isRetry, isLastSend);
        }
    }

    /// <summary>The send ended; the token request is measured with it.</summary>
    /// <param name="failure">Null when a response with a sound refresh token came.</param>
    /// <param name="isLost">Whether the response may be lost.</param>
    public void SendEnded(TokenRequestException? failure, bool isLost)
    {
        if (isLost)
        {
            Telemetry.Counts.ResponsesLost.Add();
        }

        var now = Elapsed();
        lock (_gate)
        {
            var send = _send ?? new Send(now, IsRetry: false, IsLastSend: false);
            _send = null;
            Telemetry.TokenRequest("refresh_token", failure, now - send.StartedAt);
            if (_span is not null)
            {
                _requests.Add(RequestSpan(send, now, failure, isLost));
            }
        }

        Happened("response", Tag(A.Outcome, A.OutcomeOf(failure)), Tag(A.IsLost, isLost));
    }

    /// <summary>The tokens are in the store.</summary>
    public void Saved() => Happened("save");

    /// <summary>The refresh is over.</summary>
    /// <param name="outcome">
    /// refreshed, recovered, superseded, already_fresh, waiting, deferred, ended, not_found, rejected (configuration),
    /// transient or failed.
    /// </param>
    /// <param name="exception">Null when it went well.</param>
    public void End(string outcome, Exception? exception = null)
    {
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
        }

        var duration = Elapsed();
        Telemetry.RefreshEnded(this, outcome, duration);
        if (_span is null)
        {
            return;
        }

        _span.EndedAt = _startedAt + duration;
        _span.Tags.Add(new(A.Outcome, outcome));
        SetError(_span, exception);
        Telemetry.Enqueue(() => Spans.Emit(_span, _requests));
    }

    private Spans.Span RequestSpan(Send send, TimeSpan now, TokenRequestException? failure, bool isLost)
    {
        var span = new Spans.Span("airwallex.oauth.token_request", _startedAt + send.StartedAt)
        {
            EndedAt = _startedAt + now,
        };
        span.Tags.AddRange(
        [
            Telemetry.Attribute, new(A.GrantType, "refresh_token"), new(A.Outcome, A.OutcomeOf(failure)),
            new(A.IsRetry, send.IsRetry), new(A.IsLastSend, send.IsLastSend), new(A.IsLost, isLost),
        ]);
        SetError(span, failure);
        return span;
    }

    private static void SetError(Spans.Span span, Exception? exception)
    {
        if (exception is null)
        {
            return;
        }

        // No message: what a server says about an error is for the log.
        var error = exception is TokenRequestException failure ? A.OutcomeOf(failure) : exception.GetType().FullName;
        span.IsError = true;
        span.Tags.Add(new("error.type", error));
        if (exception is TokenRequestException { StatusCode: { } status })
        {
            span.Tags.Add(new("http.response.status_code", (int)status));
        }
    }

    private void Happened(string name, params KeyValuePair<string, object?>[] tags)
    {
        lock (_gate)
        {
            if (_span is not null && !_hasEnded)
            {
                _span.Events.Add(new ActivityEvent(name, _startedAt + Elapsed(), new ActivityTagsCollection(tags)));
            }
        }
    }

    private TimeSpan Elapsed() => Telemetry.Time.GetElapsedTime(_startedStamp);

    private static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);

    private sealed record Send(TimeSpan StartedAt, bool IsRetry, bool IsLastSend);
}
