using System.Globalization;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Checks the options when the host starts, all of them, and reports every fault in one message.</summary>
internal sealed class AirwallexOAuthOptionsValidator : IValidateOptions<AirwallexOAuthOptions>
{
    private const int LongestClientId = 128;

    private static readonly TimeSpan LongestDuration = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, AirwallexOAuthOptions options)
    {
        var faults = new List<string>();
        CheckIdentity(options, faults);
        CheckAddresses(options, faults);
        CheckTimes(options, faults);
        CheckKeepAlive(options.KeepAlive ?? new KeepAliveOptions(), faults);
        Require(options.Scopes is not null, "Scopes is null; leave it empty instead.", faults);
        Require(options.AdditionalApiHosts is not null, "AdditionalApiHosts is null; leave it empty instead.", faults);
        Require(options.KeepAlive is not null, "KeepAlive is null; leave it as it is instead.", faults);
        return faults.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"The options of {ApplicationRegistration.Describe(name ?? Options.DefaultName)} of Airwallex OAuth " +
                $"cannot be used. {string.Join(" ", faults)}");
    }

    private static void CheckIdentity(AirwallexOAuthOptions options, List<string> faults)
    {
        CheckCredential(nameof(options.ClientId), options.ClientId, faults);
        CheckCredential(nameof(options.ClientSecret), options.ClientSecret, faults);
        Require(
            options.ClientId is not { Length: > LongestClientId },
            $"ClientId is longer than {LongestClientId} characters.", faults);
        Require(
            Enum.IsDefined(options.Environment),
            $"Environment {options.Environment} does not exist; choose Demo, Sandbox or Production.", faults);
        Require(
            options.ApiVersion is null || DateOnly.TryParseExact(
                options.ApiVersion, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            $"ApiVersion '{options.ApiVersion}' is not a date in the form YYYY-MM-DD.", faults);
        foreach (var scope in options.Scopes ?? [])
        {
            Require(
                !string.IsNullOrEmpty(scope) && !scope.Any(char.IsWhiteSpace),
                $"Scopes holds '{scope}', which is not one word; list each scope by itself.", faults);
        }
    }

    // Never the value: it may be the secret.
    private static void CheckCredential(string name, string? value, List<string> faults)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            faults.Add($"{name} is missing; Airwallex issues it.");
            return;
        }

        Require(
            !char.IsWhiteSpace(value[0]) && !char.IsWhiteSpace(value[^1]) && !value.Any(char.IsControl),
            $"{name} has white space at an end, or a control character such as a line break; a copy often adds one.",
            faults);
    }

    private static void CheckAddresses(AirwallexOAuthOptions options, List<string> faults)
    {
        CheckAddress(nameof(options.RedirectUri), options.RedirectUri, faults);
        CheckAddress(nameof(options.AuthorizeEndpoint), options.AuthorizeEndpoint, faults);
        CheckAddress(nameof(options.TokenEndpoint), options.TokenEndpoint, faults);
        CheckAddress(nameof(options.ApiBaseAddress), options.ApiBaseAddress, faults);
        Require(
            options.RedirectUri is not { IsAbsoluteUri: true, Fragment.Length: > 0 },
            "RedirectUri has a fragment, which OAuth forbids.", faults);
        Require(
            options.ApiBaseAddress is not { IsAbsoluteUri: true } api || api.Query.Length + api.Fragment.Length == 0,
            "ApiBaseAddress has a query or a fragment, which addresses below it would lose.", faults);
        foreach (var host in options.AdditionalApiHosts ?? [])
        {
            Require(
                !string.IsNullOrEmpty(host) && ApiHosts.IsHost(host),
                $"AdditionalApiHosts holds '{host}', which is neither a host nor host:port.", faults);
        }
    }

    private static void CheckAddress(string name, Uri? address, List<string> faults)
    {
        if (address is null)
        {
            return;
        }

        Require(
            address.IsAbsoluteUri && ApiHosts.IsSecure(address),
            $"{name} '{Printable(address)}' must be an absolute https address, or http on loopback.", faults);
        Require(
            !address.IsAbsoluteUri || address.UserInfo.Length == 0,
            $"{name} '{Printable(address)}' holds a user name or password; remove it.", faults);
    }

    private static string Printable(Uri address) => address.IsAbsoluteUri
        ? address.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped)
        : address.OriginalString;

    private static void CheckTimes(AirwallexOAuthOptions options, List<string> faults)
    {
        RequireBetween(nameof(options.RefreshAhead), options.RefreshAhead, TimeSpan.Zero, faults);
        RequireBetween(nameof(options.GracePeriod), options.GracePeriod, TimeSpan.FromSeconds(1), faults);
    }

    private static void CheckKeepAlive(KeepAliveOptions keepAlive, List<string> faults)
    {
        Require(
            keepAlive.WindowStart > 0 && keepAlive.WindowStart < keepAlive.WindowEnd && keepAlive.WindowEnd < 1,
            $"KeepAlive.WindowStart ({Text(keepAlive.WindowStart)}) and KeepAlive.WindowEnd " +
            $"({Text(keepAlive.WindowEnd)}) must rise between 0 and 1: the window lies within the refresh " +
            "token's life.", faults);
        Require(
            keepAlive.MaxConcurrency is >= 1 and <= 1000,
            $"KeepAlive.MaxConcurrency ({keepAlive.MaxConcurrency}) must be from 1 to 1000.", faults);
    }

    private static void RequireBetween(string name, TimeSpan value, TimeSpan least, List<string> faults)
    {
        // A number alone is a count of days to .NET.
        var hint = value.Ticks != 0 && value.Ticks % TimeSpan.TicksPerDay == 0
            ? $" To .NET, \"{value.Days}\" is {value.Days} days: write \"00:01:00\" for a minute."
            : "";
        Require(
            value >= least && value <= LongestDuration,
            $"{name} ({Text(value)}) must be from {Text(least)} to {Text(LongestDuration)}.{hint}", faults);
    }

    private static void Require(bool condition, string fault, List<string> faults)
    {
        if (!condition)
        {
            faults.Add(fault);
        }
    }

    private static string Text(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Text(TimeSpan value) => value.Ticks % TimeSpan.TicksPerDay == 0 && value != TimeSpan.Zero
        ? $"{value.Days} days"
        : value.ToString("c", CultureInfo.InvariantCulture);
}
