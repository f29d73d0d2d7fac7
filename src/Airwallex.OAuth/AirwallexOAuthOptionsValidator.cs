using System.Globalization;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Checks the options when the host starts, all of them, each against the others.</summary>
internal sealed class AirwallexOAuthOptionsValidator : IValidateOptions<AirwallexOAuthOptions>
{
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
            : ValidateOptionsResult.Fail("The options of Airwallex OAuth cannot be used. " + string.Join(" ", faults));
    }

    private static void CheckIdentity(AirwallexOAuthOptions options, List<string> faults)
    {
        Require(!string.IsNullOrWhiteSpace(options.ClientId), "ClientId is missing; Airwallex issues it.", faults);
        Require(!string.IsNullOrWhiteSpace(options.ClientSecret), "ClientSecret is missing; Airwallex issues it.", faults);
        Require(Enum.IsDefined(options.Environment), $"Environment {options.Environment} does not exist; choose Demo, Sandbox or Production.", faults);
        Require(
            options.ApiVersion is null || DateOnly.TryParseExact(options.ApiVersion, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            $"ApiVersion '{options.ApiVersion}' is no date in the form YYYY-MM-DD.", faults);
        foreach (var scope in options.Scopes ?? [])
        {
            Require(
                !string.IsNullOrEmpty(scope) && !scope.Any(char.IsWhiteSpace),
                $"Scopes holds '{scope}', which is not one word; list each scope by itself.", faults);
        }
    }

    private static void CheckAddresses(AirwallexOAuthOptions options, List<string> faults)
    {
        CheckAddress(nameof(options.RedirectUri), options.RedirectUri, faults);
        CheckAddress(nameof(options.AuthorizeEndpoint), options.AuthorizeEndpoint, faults);
        CheckAddress(nameof(options.TokenEndpoint), options.TokenEndpoint, faults);
        CheckAddress(nameof(options.ApiBaseAddress), options.ApiBaseAddress, faults);
        Require(options.RedirectUri is not { IsAbsoluteUri: true, Fragment.Length: > 0 }, "RedirectUri has a fragment, which OAuth forbids.", faults);
        foreach (var host in options.AdditionalApiHosts ?? [])
        {
            Require(
                ApiHosts.IsHost(host), $"AdditionalApiHosts holds '{host}', which is neither a host nor host:port.", faults);
        }
    }

    private static void CheckAddress(string name, Uri? address, List<string> faults) => Require(
        address is null || (address.IsAbsoluteUri && ApiHosts.IsSecure(address)),
        $"{name} '{address}' must be an absolute https address, or http on loopback.", faults);

    private static void CheckTimes(AirwallexOAuthOptions options, List<string> faults) =>
        RequirePositive(nameof(options.GracePeriod), options.GracePeriod, faults);

    private static void CheckKeepAlive(KeepAliveOptions keepAlive, List<string> faults)
    {
        Require(
            keepAlive.WindowStart > 0 && keepAlive.WindowStart < keepAlive.WindowEnd && keepAlive.WindowEnd < 1,
            $"KeepAlive.WindowStart ({keepAlive.WindowStart:0.###}) and KeepAlive.WindowEnd ({keepAlive.WindowEnd:0.###}) must rise between 0 and 1: the window lies within the refresh token's life.", faults);
        Require(keepAlive.MaxConcurrency is >= 1 and <= 1000, $"KeepAlive.MaxConcurrency ({keepAlive.MaxConcurrency}) must be from 1 to 1000.", faults);
    }

    private static void RequirePositive(string name, TimeSpan value, List<string> faults) =>
        Require(value > TimeSpan.Zero, $"{name} ({Text(value)}) must be more than zero.", faults);

    private static void Require(bool condition, string fault, List<string> faults)
    {
        if (!condition)
        {
            faults.Add(fault);
        }
    }

    private static string Text(TimeSpan value) => FormattableString.Invariant($"{value.TotalSeconds:0.###} s");
}
