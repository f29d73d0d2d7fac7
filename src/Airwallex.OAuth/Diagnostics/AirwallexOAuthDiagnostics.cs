using System.Reflection;

namespace Airwallex.OAuth;

/// <summary>
/// The names under which the library is observed, for OpenTelemetry's <c>AddMeter</c> and <c>AddSource</c>. The page
/// <c>docs/operating.md</c> of the repository lists every instrument, span and log event.
/// </summary>
public static class AirwallexOAuthDiagnostics
{
    /// <summary>
    /// The name of the activity source: a span <c>airwallex.oauth.refresh</c> for each refresh, with the token requests
    /// as its children.
    /// </summary>
    public const string ActivitySourceName = "Airwallex.OAuth";

    /// <summary>The name of the meter. Every instrument has the attribute <c>airwallex.oauth.application</c>.</summary>
    public const string MeterName = "Airwallex.OAuth";

    /// <summary>The version of meter and activity source: that of the package.</summary>
    internal static string Version { get; } = typeof(AirwallexOAuthDiagnostics).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
}
