using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>Refuses, at start, options that could not work; names every fault and no secret.</summary>
internal sealed class ConnectFlowOptionsValidator : IValidateOptions<ConnectFlowOptions>
{
    public ValidateOptionsResult Validate(string? name, ConnectFlowOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                "The options of the Airwallex connect flow cannot be used. " + string.Join(" ", faults));
    }

    /// <summary>Whether a webhook secret can be meant as it is.</summary>
    public static bool IsUsable(string? secret) => !string.IsNullOrWhiteSpace(secret) && IsClean(secret);

    // Of one text, without what a file or a copy adds.
    private static bool IsClean(string secret) => secret.Trim() == secret && !secret.Any(char.IsControl);

    private static IEnumerable<string> Faults(ConnectFlowOptions options)
    {
        if (options.StateLifetime < TimeSpan.FromMinutes(1) || options.StateLifetime > TimeSpan.FromDays(1))
        {
            yield return $"StateLifetime is {Text(options.StateLifetime)}: it must be from 1 minute to 1 day, " +
                "written as 00:10:00.";
        }

        if (options.Webhooks.MaxAge < TimeSpan.FromMinutes(1) || options.Webhooks.MaxAge > TimeSpan.FromDays(31))
        {
            yield return $"Webhooks:MaxAge is {Text(options.Webhooks.MaxAge)}: it must be from 1 minute to 31 days, " +
                "written as 4.00:00:00.";
        }

        if (options.Webhooks.Secrets is null)
        {
            yield return "Webhooks:Secrets is null; leave it empty instead.";
        }
        else if (options.Webhooks.Secrets.Any(string.IsNullOrWhiteSpace))
        {
            yield return "Webhooks:Secrets holds a blank secret, with which anybody could sign: remove it, or set " +
                "the secret that Airwallex "
                + "shows for the webhook.";
        }
        else if (!options.Webhooks.Secrets.All(IsClean))
        {
            yield return "Webhooks:Secrets holds a secret with white space at an end or a control character, such as " +
                "the line end of a "
                + "file: remove it.";
        }
    }

    private static string Text(TimeSpan value) =>
        FormattableString.Invariant($"{value:c} ({value.TotalDays:0.###} days)");
}
