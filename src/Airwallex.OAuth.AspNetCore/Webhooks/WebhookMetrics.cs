using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Counts deliveries by outcome, each there from the start with 0. Listeners read the counts when they like, so that
/// counting calls nobody. Thread-safe.
/// </summary>
internal sealed class WebhookMetrics
{
    private static readonly string[] s_outcomes =
    [
        .. new[]
        {
            WebhookOutcome.Accepted, WebhookOutcome.NoSecret, WebhookOutcome.Unsigned, WebhookOutcome
                .WrongSignature, WebhookOutcome.TooOld,
            WebhookOutcome.TooLarge, WebhookOutcome.Malformed, WebhookOutcome.HandlerFailed, WebhookOutcome.NotStored,
        }.Select(static outcome => outcome.Name),
    ];

    private static readonly ConditionalWeakTable<IMeterFactory, StrongBox<int>> s_hosts = [];
    private static int s_hostCount;

    private readonly long[] _counts = new long[s_outcomes.Length];
    private readonly KeyValuePair<string, object?> _application;

    public WebhookMetrics(IServiceProvider services, string applicationName)
    {
        _application = new("airwallex.oauth.application", applicationName.Length > 0 ? applicationName : "default");
        if (services.GetService<IMeterFactory>() is { } meters)
        {
            // Publishing an instrument calls the listeners, which may hang or throw.
            ThreadPool.UnsafeQueueUserWorkItem(
                static state => state.Metrics.Publish(state.Meters),
                (Metrics: this, Meters: meters),
                preferLocal: false);
        }
    }

    public void Received(string outcome)
    {
        if (Array.IndexOf(s_outcomes, outcome) is >= 0 and var index)
        {
            Interlocked.Increment(ref _counts[index]);
        }
    }

    private void Publish(IMeterFactory meters)
    {
        try
        {
            var version = typeof(WebhookMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
            var host = s_hosts.GetValue(meters, static _ => new(Interlocked.Increment(ref s_hostCount))).Value;
            var options = new MeterOptions(AirwallexOAuthDiagnostics.MeterName)
            {
                Version = version?.InformationalVersion.Split('+')[0],

                // Of two meters that are alike OpenTelemetry keeps the counters that it reads last.
                Tags = host == 1 ? null : [new("airwallex.oauth.host", host)],
            };
            meters.Create(options).CreateObservableCounter(
                "airwallex.oauth.webhooks", Observe, "{webhook}", "Webhooks received.");
        }
#pragma warning disable CA1031 // Listeners are foreign code; without them there is nothing to count for.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }

    private IEnumerable<Measurement<long>> Observe() => s_outcomes.Select((outcome, index) => new Measurement<long>(
        Interlocked.Read(ref _counts[index]), _application, new("airwallex.oauth.outcome", outcome)));
}
