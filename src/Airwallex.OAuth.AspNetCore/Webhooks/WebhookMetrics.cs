using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Counts deliveries. A listener that throws does not reach the receiver. Thread-safe.</summary>
internal sealed class WebhookMetrics
{
    private readonly string _applicationName;
    private readonly Counter<long>? _webhooks;

    public WebhookMetrics(IServiceProvider services, string applicationName)
    {
        _applicationName = applicationName;
        _webhooks = services.GetService<IMeterFactory>()?.Create(AirwallexOAuthDiagnostics.MeterName)
            .CreateCounter<long>("airwallex.oauth.webhooks", "{webhook}", "Webhooks received, by outcome.");
    }

    public void Received(string outcome)
    {
        try
        {
            _webhooks?.Add(
                1, new("airwallex.oauth.application", _applicationName), new("airwallex.oauth.outcome", outcome));
        }
#pragma warning disable CA1031 // Listeners are foreign code.
        catch (Exception)
#pragma warning restore CA1031
        {
            // A count is missing; the delivery is not.
        }
    }
}
