namespace Airwallex.OAuth;

/// <summary>The three addresses of one Airwallex environment. Immutable, safe to share between threads.</summary>
/// <param name="AuthorizeEndpoint">Where the customer's browser is sent.</param>
/// <param name="TokenEndpoint">Where codes and refresh tokens are exchanged for tokens.</param>
/// <param name="ApiBaseAddress">The base address of the API; ends with a slash.</param>
/// <remarks>
/// Airwallex publishes no discovery document, so these are presets; each can be overridden in
/// <see cref="AirwallexOAuthOptions"/>.
/// </remarks>
public sealed record AirwallexEndpoints(Uri AuthorizeEndpoint, Uri TokenEndpoint, Uri ApiBaseAddress)
{
    private static readonly AirwallexEndpoints Demo = Create(
        "https://demo.airwallex.com", "https://api-demo.airwallex.com");
    private static readonly AirwallexEndpoints Sandbox = Create(
        "https://www.sandbox.airwallex.com", "https://api.sandbox.airwallex.com");
    private static readonly AirwallexEndpoints Production = Create(
        "https://airwallex.com", "https://api.airwallex.com");

    /// <summary>The published addresses of an environment.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="environment"/> is not a value of the enumeration.
    /// </exception>
    public static AirwallexEndpoints For(AirwallexEnvironment environment) => environment switch
    {
        AirwallexEnvironment.Demo => Demo,
        AirwallexEnvironment.Sandbox => Sandbox,
        AirwallexEnvironment.Production => Production,
        _ => throw new ArgumentOutOfRangeException(
            nameof(environment), environment, "Choose Demo, Sandbox or Production."),
    };

    /// <summary>
    /// The addresses that <paramref name="options"/> mean: the environment's, with the overrides that are set.
    /// </summary>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is null.</exception>
    public static AirwallexEndpoints For(AirwallexOAuthOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);

        var preset = For(options.Environment);
        return new AirwallexEndpoints(
            options.AuthorizeEndpoint ?? preset.AuthorizeEndpoint,
            options.TokenEndpoint ?? preset.TokenEndpoint,
            options.ApiBaseAddress is { } api ? WithTrailingSlash(api) : preset.ApiBaseAddress);
    }

    private static AirwallexEndpoints Create(string site, string api) =>
        new(new Uri(site + "/oauth/authorize"), new Uri(api + "/oauth/token"), new Uri(api + "/"));

    // Without it, a relative address would replace the last segment of the base address instead of extending it.
    private static Uri WithTrailingSlash(Uri address) =>
        address.AbsolutePath.EndsWith('/')
            ? address
            : new UriBuilder(address) { Path = address.AbsolutePath + "/" }.Uri;
}
