using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Binds the options of one application to a section of the configuration. A value that cannot be read is a fault among
/// the others of the validation, with its key and with what it should be, and not an exception of its own.
/// </summary>
internal sealed class ConfigurationOptionsBinder(string application, IConfiguration configuration)
    : IConfigureNamedOptions<AirwallexOAuthOptions>, IValidateOptions<AirwallexOAuthOptions>
{
    public void Configure(AirwallexOAuthOptions options) => Configure(Options.DefaultName, options);

    public void Configure(string? name, AirwallexOAuthOptions options)
    {
        if (name == application)
        {
            Bind(options);
        }
    }

    public ValidateOptionsResult Validate(string? name, AirwallexOAuthOptions options)
    {
        if (name != application)
        {
            return ValidateOptionsResult.Skip;
        }

        var faults = Bind(new AirwallexOAuthOptions());
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private List<string> Bind(AirwallexOAuthOptions options)
    {
        var section = new ConfigurationReader(configuration);
        options.Environment = section.Read(
            nameof(options.Environment), options.Environment, TryParse,
            "does not exist; choose Demo, Sandbox or Production");
        options.ClientId = section.Text(nameof(options.ClientId)) ?? options.ClientId;
        options.ClientSecret = section.Text(nameof(options.ClientSecret)) ?? options.ClientSecret;
        options.RedirectUri = section.Address(nameof(options.RedirectUri), options.RedirectUri);
        options.Scopes = section.Words(nameof(options.Scopes), options.Scopes);
        options.ApiVersion = section.Text(nameof(options.ApiVersion)) is { } version
            ? (string.IsNullOrWhiteSpace(version) ? null : version)
            : options.ApiVersion;
        options.AuthorizeEndpoint = section.Address(nameof(options.AuthorizeEndpoint), options.AuthorizeEndpoint);
        options.TokenEndpoint = section.Address(nameof(options.TokenEndpoint), options.TokenEndpoint);
        options.ApiBaseAddress = section.Address(nameof(options.ApiBaseAddress), options.ApiBaseAddress);
        options.AdditionalApiHosts = section.Words(nameof(options.AdditionalApiHosts), options.AdditionalApiHosts);
        options.RefreshAhead = section.Duration(nameof(options.RefreshAhead), options.RefreshAhead);
        options.GracePeriod = section.Duration(nameof(options.GracePeriod), options.GracePeriod);

        var keepAlive = options.KeepAlive;
        var part = section.Part(nameof(options.KeepAlive));
        keepAlive.Enabled = part.Read(
            nameof(keepAlive.Enabled), keepAlive.Enabled, bool.TryParse, "must be true or false");
        keepAlive.WindowStart = part.Read(
            nameof(keepAlive.WindowStart), keepAlive.WindowStart, TryParse, "must be a number");
        keepAlive.WindowEnd = part.Read(nameof(keepAlive.WindowEnd), keepAlive.WindowEnd, TryParse, "must be a number");
        keepAlive.MaxConcurrency = part.Read(
            nameof(keepAlive.MaxConcurrency), keepAlive.MaxConcurrency, TryParse, "must be a whole number");
        return section.Faults;
    }

    // By name only: to the enumeration's own parser, "7" is an environment.
    private static bool TryParse(string text, out AirwallexEnvironment value) =>
        Enum.TryParse(text, ignoreCase: true, out value) && Enum.IsDefined(value) && char.IsLetter(text[0]);

    private static bool TryParse(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static bool TryParse(string text, out int value) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out value);
}
