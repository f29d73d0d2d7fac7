using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Airwallex.OAuth.Tests.Diagnostics;

/// <summary>Listens to one meter factory's instruments, and to the spans of one application.</summary>
internal sealed class ListeningTo : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener? _activities;
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _durations = new();
    private readonly ConcurrentQueue<(string Name, double Value, Dictionary<string, object?> Tags)> _observed = new();

    public ListeningTo(IMeterFactory? factory, string? application = null)
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory)
                && instrument.Meter.Name == AirwallexOAuthDiagnostics.MeterName)
            {
                Instruments[instrument.Name] = instrument;
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _meters.Start();
        if (application is not null)
        {
            _activities = new ActivityListener
            {
                ShouldListenTo = source => source.Name == AirwallexOAuthDiagnostics.ActivitySourceName,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = span =>
                {
                    if (span.GetTagItem("airwallex.oauth.application") as string == application)
                    {
                        Spans.Enqueue(span);
                    }
                },
            };
            ActivitySource.AddActivityListener(_activities);
        }
    }

    public ConcurrentDictionary<string, Instrument> Instruments { get; } = new();

    /// <summary>Durations since the beginning, and counters and gauges as they were read last.</summary>
    public IEnumerable<(string Name, double Value, Dictionary<string, object?> Tags)> Measurements =>
        _durations.Concat(_observed);

    public ConcurrentQueue<Activity> Spans { get; } = new();

    /// <summary>The present numbers of counters and gauges, and what was recorded of durations.</summary>
    public IReadOnlyList<(double Value, Dictionary<string, object?> Tags)> Read(string name)
    {
        if (Instruments[name].IsObservable)
        {
            _observed.Clear();
            _meters.RecordObservableInstruments();
        }

        return [.. Measurements.Where(item => item.Name == name).Select(item => (item.Value, item.Tags))];
    }

    /// <summary>The number of one combination of attribute values.</summary>
    public double Read(string name, params (string Key, string Value)[] tags) => Assert.Single(
        Read(name), measured => tags.All(tag => measured.Tags.GetValueOrDefault(tag.Key) as string == tag.Value)).Value;

    public void Dispose()
    {
        _meters.Dispose();
        _activities?.Dispose();
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        (instrument.IsObservable ? _observed : _durations).Enqueue((instrument.Name, value, new(tags.ToArray())));
}
