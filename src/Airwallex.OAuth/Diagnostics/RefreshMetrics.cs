using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Airwallex.OAuth;

/// <summary>Metrics and spans of refreshes. Account ids go into spans, not into metrics, where each would be a time series.</summary>
internal sealed class RefreshMetrics : IDisposable
{
    private static readonly ActivitySource Source = new(AirwallexOAuthDiagnostics.ActivitySourceName);

    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly UpDownCounter<long> _active;
    private readonly Counter<long> _reauthorizations;
    private readonly Counter<long> _overdue;

    public RefreshMetrics(IMeterFactory? meters, TimeProvider time)
    {
        _time = time;
        _meter = meters?.Create(AirwallexOAuthDiagnostics.MeterName) ?? new Meter(AirwallexOAuthDiagnostics.MeterName);
        _duration = _meter.CreateHistogram<double>("airwallex.oauth.refresh.duration", "s", "How long a refresh took, waiting for another instance and repetitions included.");
        _active = _meter.CreateUpDownCounter<long>("airwallex.oauth.refresh.active", "{refresh}", "Refreshes under way in this process.");
        _reauthorizations = _meter.CreateCounter<long>("airwallex.oauth.reauthorizations", "{connection}", "Refreshes that ended because the customer must authorize again.");
        _overdue = _meter.CreateCounter<long>("airwallex.oauth.renewals.overdue", "{connection}", "Connections found past their renewal window.");
    }

    public Measured Start(string accountId, RefreshTrigger trigger) => new(this, accountId, trigger);

    public void RenewalOverdue() => _overdue.Add(1);

    public void Dispose() => _meter.Dispose();

    internal sealed class Measured : IDisposable
    {
        private readonly RefreshMetrics _metrics;
        private readonly long _startedAt;
        private readonly Activity? _activity;
        private readonly KeyValuePair<string, object?> _trigger;
        private string? _error;

        public Measured(RefreshMetrics metrics, string accountId, RefreshTrigger trigger)
        {
            _metrics = metrics;
            _startedAt = metrics._time.GetTimestamp();
            _trigger = new("airwallex.oauth.trigger", Name(trigger));
            _activity = Source.StartActivity("airwallex.oauth.refresh");
            _activity?.SetTag("airwallex.account_id", accountId).SetTag(_trigger.Key, _trigger.Value);
            metrics._active.Add(1);
        }

        public void Failed(Exception exception)
        {
            _error = exception is TokenRequestException { Error: { } code } ? code : exception.GetType().Name;
            _activity?.SetStatus(ActivityStatusCode.Error, exception.Message).SetTag("error.type", _error);
            if (exception is ReauthorizationRequiredException)
            {
                _metrics._reauthorizations.Add(1);
            }
        }

        public void Dispose()
        {
            var seconds = _metrics._time.GetElapsedTime(_startedAt).TotalSeconds;
            _metrics._active.Add(-1);
            if (_error is null)
            {
                _metrics._duration.Record(seconds, _trigger);
            }
            else
            {
                _metrics._duration.Record(seconds, _trigger, new("error.type", _error));
            }

            _activity?.Dispose();
        }

        private static string Name(RefreshTrigger trigger) => trigger switch
        {
            RefreshTrigger.Expired => "expired",
            RefreshTrigger.Ahead => "ahead",
            RefreshTrigger.Refused => "refused",
            RefreshTrigger.Forced => "forced",
            RefreshTrigger.KeepAlive => "keep_alive",
            _ => "recovery",
        };
    }
}
