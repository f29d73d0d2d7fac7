using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Adds a health check of the connections.</summary>
public static class AirwallexHealthChecksBuilderExtensions
{
    /// <summary>
    /// Checks whether the connections of every application can be used and kept alive. The description says what to do.
    /// <list type="bullet">
    /// <item>Unhealthy: the token store cannot be read; stored tokens cannot be decrypted; connections are stored, but
    /// none of the configured client id; Airwallex refuses the client id or secret; responses are held in memory
    /// because the token store cannot be written.</item>
    /// <item>Degraded: a renewal is overdue, or too many connections wait for their customers to authorize
    /// again.</item>
    /// </list>
    /// </summary>
    /// <remarks>
    /// A probe costs one summary of the store and ten rows of each application, at most every 15 s. The data holds the
    /// counts of each application: <c>active</c>, <c>reauthorization_required</c>, <c>disconnected</c>,
    /// <c>renewal_due</c>, <c>refresh_pending</c>, <c>sampled</c>, <c>unreadable</c> (of those sampled) and
    /// <c>responses_held</c>, with the name of the application and a dot before it where it has one. Refused
    /// credentials are asked about again, a minute later, by refreshing one connection.
    /// </remarks>
    /// <param name="builder">What <c>AddHealthChecks</c> returned.</param>
    /// <param name="configure">Sets the limits. Default: null, the defaults.</param>
    /// <param name="name">The name of the check. Default: <c>airwallex</c>.</param>
    /// <param name="failureStatus">What to report instead of Unhealthy. Default: null, Unhealthy.</param>
    /// <param name="tags">Tags to filter checks by. Default: null, none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IHealthChecksBuilder AddAirwallexOAuth(
        this IHealthChecksBuilder builder,
        Action<ConnectionHealthOptions>? configure = null,
        string name = "airwallex",
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);

        builder.Services.Configure(name, configure ?? (static _ => { }));
        builder.Services.TryAddSingleton(static services => new StoreProbe(
            services.GetRequiredService<AirwallexApplications>().All, services.GetRequiredService<TimeProvider>()));
        return builder.Add(new HealthCheckRegistration(
            name,
            static services => new ConnectionHealthCheck(
                services.GetRequiredService<StoreProbe>(),
                services.GetRequiredService<IOptionsMonitor<ConnectionHealthOptions>>()),
            failureStatus,
            tags));
    }
}
