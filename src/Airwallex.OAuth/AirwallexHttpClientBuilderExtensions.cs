using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Makes clients of HttpClientFactory call the Airwallex API.</summary>
public static class AirwallexHttpClientBuilderExtensions
{
    /// <summary>
    /// Gives the client the API's base address (unless it has one), the pinned API version (if any), and on each request an access token of the account
    /// that the request is for: fresh, refreshed in time, replaced once after a 401. Needs <c>AddAirwallexOAuth</c>.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="accountSelector">
    /// Names the account of requests on which <c>SetAirwallexAccount</c> was not called. Default: null, each request names its own.
    /// </param>
    /// <returns>The builder.</returns>
    public static IHttpClientBuilder AddAirwallexToken(this IHttpClientBuilder builder, AccountSelector? accountSelector = null)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.ConfigureHttpClient(static (services, client) =>
        {
            var options = OptionsOf(services);
            client.BaseAddress ??= AirwallexEndpoints.For(options).ApiBaseAddress;
            if (options.ApiVersion is { } version)
            {
                client.DefaultRequestHeaders.TryAddWithoutValidation("x-api-version", version);
            }
        });
        builder.AddHttpMessageHandler(services =>
        {
            var hosts = new ApiHosts(OptionsOf(services)); // First: it says what is missing when AddAirwallexOAuth was not called.
            return new AirwallexTokenHandler(
                services.GetRequiredService<AccessTokenProvider>(), hosts, accountSelector, services.GetRequiredService<ILogger<AirwallexTokenHandler>>());
        });
        HideAuthorizationFromLogs(builder);
        return builder;
    }

    // HttpClientFactory logs headers at Trace; whatever it hides already stays hidden.
    internal static void HideAuthorizationFromLogs(IHttpClientBuilder builder) =>
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, static options =>
        {
            var hidesAlready = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue = name =>
                string.Equals(name, "Authorization", StringComparison.OrdinalIgnoreCase) || hidesAlready(name);
        });

    private static AirwallexOAuthOptions OptionsOf(IServiceProvider services) =>
        services.GetService<AccessTokenProvider>() is null
            ? throw new InvalidOperationException("AddAirwallexToken needs services.AddAirwallexOAuth(…): call it once, in any order.")
            : services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>().CurrentValue;
}
