namespace Airwallex.OAuth;

/// <summary>The names under which the library can be observed, for OpenTelemetry's <c>AddSource</c> and <c>AddMeter</c>.</summary>
public static class AirwallexOAuthDiagnostics
{
    /// <summary>The name of the activity source: a span <c>airwallex.oauth.refresh</c> for each refresh.</summary>
    public const string ActivitySourceName = "Airwallex.OAuth";

    /// <summary>
    /// The name of the meter: <c>airwallex.oauth.refresh.duration</c> (seconds, by trigger and error type),
    /// <c>airwallex.oauth.refresh.active</c>, <c>airwallex.oauth.reauthorizations</c>, <c>airwallex.oauth.renewals.overdue</c>.
    /// </summary>
    public const string MeterName = "Airwallex.OAuth";
}
