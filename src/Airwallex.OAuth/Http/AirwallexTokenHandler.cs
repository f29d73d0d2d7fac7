using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// Attaches the account's access token to each request, and sends once more, with another token, after a 401. Holds no
/// account: one handler of the pool serves all of them.
/// </summary>
internal sealed class AirwallexTokenHandler(ApiAddress api, AccountSelector? selector) : DelegatingHandler
{
    private const string VersionHeader = "x-api-version";

    private readonly AirwallexApplication _application = api.Application;

    // No async method on this path: with a fresh token and a response at once, nothing is allocated.
    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var settings = api.Settings;
        var address = request.RequestUri;
        if (!ReferenceEquals(api.Update(address, settings), address))
        {
            request.RequestUri = api.Update(address, settings);
        }

        var accountId = AccountOf(request);
        EnsureAllowed(request, settings, accountId);
        if (settings.Version is { } version && !request.Headers.Contains(VersionHeader))
        {
            request.Headers.TryAddWithoutValidation(VersionHeader, version);
        }

        if ((request.Content is { } content && RequestBody.MustBeBuffered(content))
            || _application.Tokens.FindFresh(accountId, settings.Options) is not { } token)
        {
            return WaitAndSendAsync(request, accountId, cancellationToken);
        }

        request.Headers.Authorization = token.Header;
        var sending = base.SendAsync(request, cancellationToken);
        return sending.IsCompletedSuccessfully && !IsUnauthorized(sending.Result)
            ? sending
            : FinishAsync(sending, request, accountId, cancellationToken).AsTask();
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException(
            "Requests with an Airwallex access token are asynchronous, because they may have to wait for a refresh: " +
            "use HttpClient.SendAsync.");

    private async Task<HttpResponseMessage> WaitAndSendAsync(
        HttpRequestMessage request, string accountId, CancellationToken cancellationToken)
    {
        if (RequestBody.MustBeBuffered(request.Content))
        {
            await RequestBody.BufferAsync(request.Content!).ConfigureAwait(false);
        }

        var token = _application.Tokens.FindFresh(accountId, _application.Options)
            ?? await _application.Tokens.WaitForFreshAsync(accountId, cancellationToken).ConfigureAwait(false);
        request.Headers.Authorization = token.Header;
        var sending = base.SendAsync(request, cancellationToken);
        return await FinishAsync(sending, request, accountId, cancellationToken).ConfigureAwait(false);
    }

    // The runtime keeps the state of this method for the next request, so that a response that comes later allocates
    // the returned task alone.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<HttpResponseMessage> FinishAsync(
        Task<HttpResponseMessage> sending,
        HttpRequestMessage request,
        string accountId,
        CancellationToken cancellationToken)
    {
        var response = await sending.ConfigureAwait(false);

        // After a redirect the response may be another host's, whose 401 says nothing about our token.
        return IsUnauthorized(response)
            && api.Settings.Hosts.Allows(response.RequestMessage?.RequestUri ?? request.RequestUri)
            ? await ReplaceTokenAsync(response, request, accountId, cancellationToken).ConfigureAwait(false)
            : response;
    }

    private async Task<HttpResponseMessage> ReplaceTokenAsync(
        HttpResponseMessage rejection,
        HttpRequestMessage request,
        string accountId,
        CancellationToken cancellationToken)
    {
        CachedAccessToken? replacement;
        try
        {
            // A redirect drops the header: then no token was rejected, and the present one will do.
            replacement = await _application.Tokens.ReplaceRejectedAsync(
                accountId, request.Headers.Authorization?.Parameter, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _application.Telemetry.RejectedToken("failed");
            rejection.Dispose();
            throw;
        }

        if (replacement is null)
        {
            _application.Telemetry.RejectedToken("not_replaced");
            return rejection;
        }

        if (!RequestBody.CanBeSentTwice(request.Content))
        {
            _application.Telemetry.RejectedToken("replaced_not_resent");
            _application.Log.RejectedTokenNotResent(accountId);
            return rejection;
        }

        rejection.Dispose();
        _application.Log.RejectedTokenReplaced(accountId);
        request.Headers.Authorization = replacement.Header;
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        _application.Telemetry.RejectedToken(IsUnauthorized(response) ? "still_rejected" : "replaced");
        return response;
    }

    private string AccountOf(HttpRequestMessage request)
    {
        if (request.GetAirwallexAccount() is { } chosen)
        {
            return chosen;
        }

        var selected = selector?.Invoke(request);
        if (string.IsNullOrEmpty(selected))
        {
            throw new AirwallexOAuthException(
                $"Nothing was sent to {Origin(request.RequestUri)}: no account was chosen. Call " +
                "request.SetAirwallexAccount(accountId), take the client from AirwallexClientFactory, or give an " +
                "AccountSelector to AddAirwallexToken.");
        }

        return AccountIdRule.IsValid(selected) ? selected : throw new AirwallexOAuthException(
            $"Nothing was sent to {Origin(request.RequestUri)}: the AccountSelector named an account id that has " +
            $"more than {AccountIdRule.LongestLength} characters, control characters, or white space at an end.");
    }

    private static void EnsureAllowed(HttpRequestMessage request, ApiSettings settings, string accountId)
    {
        if (!settings.Hosts.Allows(request.RequestUri))
        {
            throw new AirwallexOAuthException(
                $"Nothing was sent to {Origin(request.RequestUri)}: access tokens of account {accountId} go to the " +
                $"host of ApiBaseAddress ({Origin(settings.BaseAddress)}) only, over https or loopback. If this " +
                "host is Airwallex's, list it in AdditionalApiHosts.")
            {
                AccountId = accountId,
            };
        }
    }

    private static bool IsUnauthorized(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.Unauthorized;

    private static string Origin(Uri? address) => address is { IsAbsoluteUri: true }
        ? address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)
        : "a relative address";
}
