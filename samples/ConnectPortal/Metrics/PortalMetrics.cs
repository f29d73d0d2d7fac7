using Airwallex.OAuth;
using OpenTelemetry.Metrics;

namespace ConnectPortal.Metrics;

/// <summary>
/// The library's metrics, for Prometheus at /metrics and for the start page, in Development alone: a real
/// application does not show them to its visitors.
/// </summary>
public static class PortalMetrics
{
    public const string Path = "/metrics";

    public static void AddPortalMetrics(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (!builder.Environment.IsDevelopment())
        {
            return;
        }

        builder.Services.AddSingleton<MetricReadings>();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(AirwallexOAuthDiagnostics.MeterName)
            .AddView("airwallex.oauth.*.duration", new ExplicitBucketHistogramConfiguration
            {
                Boundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10, 20, 30, 60],
            })
            .AddPrometheusExporter());
    }

    public static void MapPortalMetrics(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (app.Environment.IsDevelopment())
        {
            app.MapPrometheusScrapingEndpoint(Path);
        }
    }
}
