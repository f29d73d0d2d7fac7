using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// Attaches the account's access token to each request, and answers a 401 with another token, once. Holds no account: one handler
/// of the pool serves all of them.
/// </summary>
internal sealed class AirwallexTokenHandler(AccessTokenProvider tokens, ApiHosts hosts, AccountSelector? selector, ILogger<AirwallexTokenHandler> logger)
    : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var accountId = AccountOf(request);
        if (!hosts.Allows(request.RequestUri))
        {
            throw new AirwallexOAuthException(
                $"Nothing was sent to {Origin(request.RequestUri)}: access tokens of account {accountId} go to the host of ApiBaseAddress only, over https or loopback. If this host is Airwallex's, list it in AdditionalApiHosts.");
        }

        if (tokens.FindFresh(accountId) is not { } token)
        {
            return WaitAndSendAsync(request, accountId, cancellationToken);
        }

        request.Headers.Authorization = token.Header;
        var sending = base.SendAsync(request, cancellationToken);
        return sending.IsCompletedSuccessfully && !WasRefused(sending.Result)
            ? sending
            : FinishAsync(sending, request, accountId, cancellationToken);
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Requests with an Airwallex access token are asynchronous, because they may have to wait for a refresh: use HttpClient.SendAsync.");

    private async Task<HttpResponseMessage> WaitAndSendAsync(HttpRequestMessage request, string accountId, CancellationToken cancellationToken)
    {
        var token = await tokens.WaitForFreshAsync(accountId, cancellationToken).ConfigureAwait(false);
        request.Headers.Authorization = token.Header;
        return await FinishAsync(base.SendAsync(request, cancellationToken), request, accountId, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> FinishAsync(
        Task<HttpResponseMessage> sending, HttpRequestMessage request, string accountId, CancellationToken cancellationToken)
    {
        var response = await sending.ConfigureAwait(false);

        // After a redirect the answer may be another host's, whose 401 says nothing about our token.
        if (!WasRefused(response) || !hosts.Allows(response.RequestMessage?.RequestUri ?? request.RequestUri))
        {
            return response;
        }

        if (!CanBeSentTwice(request.Content))
        {
            logger.BodyCannotBeSentTwice(accountId);
            return response;
        }

        CachedAccessToken? replacement;
        try
        {
            // A redirect drops the header: then no token was refused, and the present one will do.
            replacement = await tokens.ReplaceRejectedAsync(accountId, request.Headers.Authorization?.Parameter, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }

        if (replacement is null)
        {
            return response;
        }

        response.Dispose();
        logger.AccessTokenRefused(accountId);
        request.Headers.Authorization = replacement.Header;
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private string AccountOf(HttpRequestMessage request) =>
        request.GetAirwallexAccount() ?? selector?.Invoke(request)
        ?? throw new AirwallexOAuthException(
            $"Nothing was sent to {Origin(request.RequestUri)}: no account was chosen. Call request.SetAirwallexAccount(accountId), take the client from AirwallexClientFactory, or give an AccountSelector to AddAirwallexToken.");

    private static bool WasRefused(HttpResponseMessage response) => response.StatusCode == HttpStatusCode.Unauthorized;

    // A stream that cannot be rewound has been used up by the first send, whatever length its sender gave it.
    private static bool CanBeSentTwice(HttpContent? content) => content switch
    {
        null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent => true,
        MultipartContent parts => parts.All(CanBeSentTwice),
        StreamContent stream => stream.ReadAsStream().CanSeek,
        _ => false,
    };

    private static string Origin(Uri? address) => address is { IsAbsoluteUri: true } ? address.GetLeftPart(UriPartial.Authority) : "a relative address";
}
