using System.Diagnostics.Metrics;

namespace Airwallex.OAuth;

/// <summary>
/// The instruments of the meter <c>Airwallex.OAuth</c>, shared by the applications of one service provider. Counters
/// and gauges are observable: listeners read them, so that counting never calls a listener. Only durations are
/// recorded. Thread-safe.
/// </summary>
internal sealed class Instruments
{
    private static readonly Dictionary<IMeterFactory, Instruments> s_instruments = []; // Also the lock that guards it.

    private readonly IMeterFactory _meters;
    private readonly int _host; // Among the service providers of this process, from 1.
    private int _isCreated;
    private volatile Telemetry[] _applications = []; // Replaced whole, under the lock of s_instruments.

    private Instruments(IMeterFactory meters, int host) => (_meters, _host) = (meters, host);

    /// <summary>Null until the queue has created it.</summary>
    public Histogram<double>? RefreshDuration { get; private set; }

    /// <summary>Null until the queue has created it.</summary>
    public Histogram<double>? TokenRequestDuration { get; private set; }

    /// <summary>Null until the queue has created it.</summary>
    public Histogram<double>? StoreCallDuration { get; private set; }

    /// <summary>The instruments of the factory, with one more application.</summary>
    public static Instruments Join(IMeterFactory meters, Telemetry application)
    {
        lock (s_instruments)
        {
            if (!s_instruments.TryGetValue(meters, out var instruments))
            {
                s_instruments[meters] = instruments = new Instruments(meters, FreeHost());
            }

            instruments._applications = [.. instruments._applications, application];
            return instruments;
        }
    }

    /// <summary>
    /// Lets go of an application; with the last one, of the factory too, which disposes the meter itself.
    /// </summary>
    public void Leave(Telemetry application)
    {
        lock (s_instruments)
        {
            _applications = [.. _applications.Where(other => other != application)];
            if (_applications.Length == 0 && s_instruments.TryGetValue(_meters, out var present) && present == this)
            {
                s_instruments.Remove(_meters);
            }
        }
    }

    /// <summary>Creates the instruments, once. Calls the listeners, so it belongs on a queue.</summary>
    public void EnsureCreated()
    {
        if (Interlocked.Exchange(ref _isCreated, 1) == 1)
        {
            return;
        }

        var meter = _meters.Create(new MeterOptions(AirwallexOAuthDiagnostics.MeterName)
        {
            Version = AirwallexOAuthDiagnostics.Version,
            Tags = _host == 1 ? null : [new(TelemetryAttributes.Host, _host)],
        });
        RefreshDuration = Histogram(
            meter, "airwallex.oauth.refresh.duration", "How long refreshes took, with waits for other instances.");
        TokenRequestDuration = Histogram(
            meter, "airwallex.oauth.token_request.duration", "How long requests to the token endpoint took.");
        StoreCallDuration = Histogram(
            meter, "airwallex.oauth.store_call.duration", "How long calls of the token store took.");
        var counters = new TelemetryCounts().All;
        for (var index = 0; index < counters.Count; index++)
        {
            Publish(meter, counters[index], index);
        }

        Publish(() => meter.CreateObservableGauge(
            "airwallex.oauth.renewal.lateness", ObserveLateness, "s",
            "By how much the oldest renewal is late, by the latest summary."));
    }

    // OpenTelemetry collects by the name, version and tags of a meter, whatever the service provider. Of two that are
    // alike it keeps the counters that it reads last, so that a provider nobody uses would hide what another counts.
    private static int FreeHost() => Enumerable.Range(1, s_instruments.Count + 1)
        .First(static host => s_instruments.Values.All(instruments => instruments._host != host));

    private void Publish(Meter meter, CounterSet counter, int index)
    {
        var (name, unit, description) = (counter.Name, counter.Unit, counter.Description);
        Publish(counter.Kind switch
        {
            InstrumentKind.Counter => () => meter.CreateObservableCounter(name, Observe, unit, description),
            InstrumentKind.UpDownCounter => () => meter.CreateObservableUpDownCounter(name, Observe, unit, description),
            _ => () => meter.CreateObservableGauge(name, Observe, unit, description),
        });

        IEnumerable<Measurement<long>> Observe() =>
            _applications.SelectMany(application => application.Counts.All[index].Observe(application.Attribute));
    }

    private IEnumerable<Measurement<double>> ObserveLateness() => _applications.Select(static application =>
        new Measurement<double>(application.Counts.RenewalLateness.TotalSeconds, application.Attribute));

    private static Histogram<double>? Histogram(Meter meter, string name, string description)
    {
        Histogram<double>? histogram = null;
        Publish(() => histogram = meter.CreateHistogram<double>(name, "s", description));
        return histogram;
    }

    // A listener that throws while it is told costs at most the durations: the runtime then hands out no histogram.
    private static void Publish(Action create)
    {
        try
        {
            create();
        }
#pragma warning disable CA1031 // Nothing is left to report it to: reporting is what failed.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
