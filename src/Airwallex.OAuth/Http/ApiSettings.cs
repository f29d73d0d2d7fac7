namespace Airwallex.OAuth;

/// <summary>What one state of the options says about the API. Immutable.</summary>
internal sealed class ApiSettings(AirwallexOAuthOptions options)
{
    public AirwallexOAuthOptions Options { get; } = options;

    public Uri BaseAddress { get; } = AirwallexEndpoints.For(options).ApiBaseAddress;

    public ApiHosts Hosts { get; } = new(options);

    public string? Version { get; } = options.ApiVersion;
}
