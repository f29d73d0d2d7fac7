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

    private static void CheckTimes(AirwallexOAuthOptions options, List<string> faults)
    {
        RequirePositive(nameof(options.RefreshAhead), options.RefreshAhead, faults);
        RequirePositive(nameof(options.RefreshLease), options.RefreshLease, faults);
        RequirePositive(nameof(options.GracePeriod), options.GracePeriod, faults);
        RequirePositive(nameof(options.TokenRequestTimeout), options.TokenRequestTimeout, faults);
        RequirePositive(nameof(options.RetryBaseDelay), options.RetryBaseDelay, faults);
        Require(options.ExpirySkew >= TimeSpan.Zero, $"ExpirySkew ({Text(options.ExpirySkew)}) must not be negative.", faults);
        Require(options.MaxRetries is >= 0 and <= 20, $"MaxRetries ({options.MaxRetries}) must be from 0 to 20.", faults);
        Require(Enum.IsDefined(options.GraceExceeded), $"GraceExceeded {options.GraceExceeded} does not exist; choose Attempt or RequireReauthorization.", faults);
        Require(
            options.MaxRetryDelay >= options.RetryBaseDelay,
            $"MaxRetryDelay ({Text(options.MaxRetryDelay)}) must not be less than RetryBaseDelay ({Text(options.RetryBaseDelay)}).", faults);
        Require(
            options.ExpirySkew < options.RefreshAhead,
            $"ExpirySkew ({Text(options.ExpirySkew)}) must be less than RefreshAhead ({Text(options.RefreshAhead)}), or every refresh would be waited for.", faults);

        var leaseMargin = RefreshTimes.LeaseMargin(options);
        var graceMargin = RefreshTimes.GraceMargin(options);
        Require(
            options.RefreshLease < options.GracePeriod,
            $"RefreshLease ({Text(options.RefreshLease)}) must be less than GracePeriod ({Text(options.GracePeriod)}), or no instance could recover what another left unfinished.", faults);
        Require(
            leaseMargin >= TimeSpan.Zero && leaseMargin < options.RefreshLease,
            $"LeaseMargin ({Text(leaseMargin)}) must be less than RefreshLease ({Text(options.RefreshLease)}).", faults);
        Require(
            graceMargin >= TimeSpan.Zero && graceMargin < options.GracePeriod - options.RefreshLease,
            $"GraceMargin ({Text(graceMargin)}) and RefreshLease ({Text(options.RefreshLease)}) together must be less than GracePeriod ({Text(options.GracePeriod)}), or no time would be left to recover.", faults);
        Require(
            options.TokenRequestTimeout <= options.RefreshLease - leaseMargin,
            $"TokenRequestTimeout ({Text(options.TokenRequestTimeout)}) and LeaseMargin ({Text(leaseMargin)}) together must fit into RefreshLease ({Text(options.RefreshLease)}).", faults);
    }

    private static void CheckKeepAlive(KeepAliveOptions keepAlive, List<string> faults)
    {
        Require(
            keepAlive.WindowStart > 0 && keepAlive.WindowStart < keepAlive.WindowEnd && keepAlive.WindowEnd < 1,
            $"KeepAlive.WindowStart ({keepAlive.WindowStart:0.###}) and KeepAlive.WindowEnd ({keepAlive.WindowEnd:0.###}) must rise between 0 and 1: the window lies within the refresh token's life.", faults);
        Require(keepAlive.MaxConcurrency is >= 1 and <= 1000, $"KeepAlive.MaxConcurrency ({keepAlive.MaxConcurrency}) must be from 1 to 1000.", faults);
        RequireInterval("KeepAlive.ScanInterval", keepAlive.ScanInterval, faults);
        RequireInterval("KeepAlive.RecoveryInterval", keepAlive.RecoveryInterval, faults);
        if (keepAlive.RenewalInterval is { } renewal)
        {
            RequirePositive("KeepAlive.RenewalInterval", renewal, faults);
        }
    }

    // Longer than a timer can wait (49 days) would end the host; longer than a day would serve nobody.
    private static void RequireInterval(string name, TimeSpan value, List<string> faults) => Require(
        value > TimeSpan.Zero && value <= TimeSpan.FromDays(1), $"{name} ({Text(value)}) must be more than zero and at most a day.", faults);

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
