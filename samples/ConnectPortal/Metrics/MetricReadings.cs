using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Airwallex.OAuth;

namespace ConnectPortal.Metrics;

/// <summary>Reads the counters of this application's meter at the moment. Thread-safe.</summary>
public sealed class MetricReadings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _totals = new();
    private readonly Lock _reading = new();

    public MetricReadings(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == AirwallexOAuthDiagnostics.MeterName && instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            _totals.AddOrUpdate(instrument.Name, value, (_, total) => total + value);
            if (Outcome(tags) is { } outcome)
            {
                _totals.AddOrUpdate($"{instrument.Name}:{outcome}", value, (_, total) => total + value);
            }
        });
        _listener.Start();
    }

    /// <summary>The three that say most: what worked, what was in danger, what ended.</summary>
    public IReadOnlyList<MetricReading> Read()
    {
        lock (_reading)
        {
            _totals.Clear();
            _listener.RecordObservableInstruments();
            return
            [
                new(
                    "Renewals that worked",
                    Total("airwallex.oauth.refreshes:refreshed") + Total("airwallex.oauth.refreshes:recovered"),
                    "airwallex_oauth_refreshes_total"),
                new(
                    "Responses lost on the way", Total("airwallex.oauth.responses.lost"),
                    "airwallex_oauth_responses_lost_total"),
                new(
                    "Connections that ended", Total("airwallex.oauth.connection.ends"),
                    "airwallex_oauth_connection_ends_total"),
            ];
        }
    }

    public void Dispose() => _listener.Dispose();

    private long Total(string name) => _totals.GetValueOrDefault(name);

    private static object? Outcome(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == "airwallex.oauth.outcome")
            {
                return tag.Value;
            }
        }

        return null;
    }
}
