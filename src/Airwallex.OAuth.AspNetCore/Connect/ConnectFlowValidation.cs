using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Refuses, at start, a flow that could not work; names every fault.</summary>
internal sealed class ConnectFlowValidation(IOptions<AirwallexOAuthOptions> airwallex) : IValidateOptions<ConnectFlowOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectFlowOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(ConnectFlowOptions options)
    {
        if (options.CallbackPath.Value is not { Length: > 1 } path)
        {
            yield return "ConnectFlowOptions.CallbackPath is empty: set a path such as /airwallex/callback.";
        }
        else if (ConfiguredRedirectUri() is { IsAbsoluteUri: true } redirectUri
            && !redirectUri.AbsolutePath.EndsWith(path, StringComparison.OrdinalIgnoreCase))
        {
            yield return $"AirwallexOAuthOptions.RedirectUri is {redirectUri}, but the callback is served at {path}: "
                + "set ConnectFlowOptions.CallbackPath to the path of the redirect URI, or the redirect URI to the address of the callback.";
        }

        if (options.StateLifetime <= TimeSpan.Zero)
        {
            yield return $"ConnectFlowOptions.StateLifetime is {options.StateLifetime}: it must be positive; 10 minutes is the default.";
        }

        if (options.Webhooks.TimestampTolerance <= TimeSpan.Zero)
        {
            yield return $"ConnectFlowOptions.Webhooks.TimestampTolerance is {options.Webhooks.TimestampTolerance}: it must be positive; 5 minutes is the default.";
        }

        if (options.Webhooks.Secrets.Any(string.IsNullOrWhiteSpace))
        {
            yield return "ConnectFlowOptions.Webhooks.Secrets holds a blank secret, with which anybody could sign: remove it, or set the secret that Airwallex shows for the webhook.";
        }
    }

    private Uri? ConfiguredRedirectUri()
    {
        try
        {
            return airwallex.Value.RedirectUri;
        }
        catch (OptionsValidationException)
        {
            // The start fails on those options already, with every fault of theirs named once.
            return null;
        }
    }
}
