using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Makes clients of HttpClientFactory call the Airwallex API.</summary>
public static class AirwallexHttpClientBuilderExtensions
{
    /// <summary>
    /// Gives the client the API's base address (unless it has one), the pinned API version (if any; a request's own
    /// wins), and on each request an access token of the account that the request is for: fresh, refreshed in time,
    /// replaced once after a 401. Cookies are turned off. Needs <c>AddAirwallexOAuth</c>, in any order; the last call
    /// for a client counts.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="accountSelector">
    /// Names the account of requests on which <c>SetAirwallexAccount</c> was not called. Default: null, each request
    /// names its own.
    /// </param>
    /// <returns>The builder.</returns>
    /// <remarks>
    /// A body that cannot be sent twice, such as a stream that cannot be rewound, has its 401 passed on; the token is
    /// replaced all the same. JSON bodies are serialized before they are sent, except for lazily produced sequences.
    /// </remarks>
    public static IHttpClientBuilder AddAirwallexToken(
        this IHttpClientBuilder builder, AccountSelector? accountSelector = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddTokenHandler(Options.DefaultName, accountSelector);
    }

    /// <summary>The same with access tokens of one of several applications.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="name">The name of the application, as in <c>AddAirwallexOAuth(name, …)</c>.</param>
    /// <param name="accountSelector">
    /// Names the account of requests on which <c>SetAirwallexAccount</c> was not called. Default: null, each request
    /// names its own.
    /// </param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    public static IHttpClientBuilder AddAirwallexToken(
        this IHttpClientBuilder builder, string name, AccountSelector? accountSelector = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ApplicationRegistration.CheckName(name, nameof(name));
        return builder.AddTokenHandler(name, accountSelector);
    }

    internal static IHttpClientBuilder AddTokenHandler(
        this IHttpClientBuilder builder, string application, AccountSelector? accountSelector)
    {
        builder.Services.AddSingleton<IConfigureOptions<HttpClientFactoryOptions>>(services =>
            new ConfigureNamedOptions<HttpClientFactoryOptions>(
                builder.Name, new TokenHandlerInstaller(services, application, accountSelector).AddTo));

        // HttpClientFactory logs headers at Trace; whatever it hides already stays hidden.
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, static options =>
        {
            var hidesAlready = options.ShouldRedactHeaderValue;
            options.ShouldRedactHeaderValue = name =>
                string.Equals(name, "Authorization", StringComparison.OrdinalIgnoreCase) || hidesAlready(name);
        });
        return builder;
    }
}
