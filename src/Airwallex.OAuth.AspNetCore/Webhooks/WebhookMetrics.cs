using System.Diagnostics.Metrics;
using System.Reflection;
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
            meters
                .Create(
                    new MeterOptions(
                        AirwallexOAuthDiagnostics.MeterName)
                    { Version = version?.InformationalVersion.Split('+')[0] })
                .CreateObservableCounter("airwallex.oauth.webhooks", Observe, "{webhook}", "Webhooks received.");
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
