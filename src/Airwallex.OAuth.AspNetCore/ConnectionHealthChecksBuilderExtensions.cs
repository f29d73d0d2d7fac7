using Airwallex.OAuth.AspNetCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airwallex.OAuth;

/// <summary>Adds a health check of the connections.</summary>
public static class ConnectionHealthChecksBuilderExtensions
{
    /// <summary>
    /// Checks whether connections can be kept alive. Unhealthy: the token store cannot be read, or Airwallex refuses the application's
    /// client id or secret (as this instance last saw it). Degraded: a refresh token is past its renewal window, or more than a
    /// set share of the connections waits for its customer to authorize again.
    /// </summary>
    /// <remarks>
    /// The data holds <c>active</c>, <c>reauthorization_required</c>, <c>disconnected</c>, <c>past_renewal_window</c>, and
    /// <c>at_least</c>: true when counting stopped at <see cref="ConnectionHealthOptions.MaxCounted"/>.
    /// </remarks>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="configure">Sets the limits. Default: null, the defaults.</param>
    /// <param name="name">The name of the check. Default: <c>airwallex</c>.</param>
    /// <param name="failureStatus">What to report instead of Unhealthy. Default: null, Unhealthy.</param>
    /// <param name="tags">Tags to filter checks by. Default: null, none.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthChecksBuilder AddAirwallexOAuth(
        this IHealthChecksBuilder builder,
        Action<ConnectionHealthOptions>? configure = null,
        string name = "airwallex",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Services.AddClientRefusal();
        builder.Services.Configure(name, configure ?? (_ => { }));
        return builder.AddCheck<ConnectionHealthCheck>(name, failureStatus, tags ?? []);
    }
}
