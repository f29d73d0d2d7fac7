namespace Airwallex.OAuth;

/// <summary>Chooses the connected account that a request is sent for.</summary>
public static class AirwallexHttpRequestMessageExtensions
{
    private static readonly HttpRequestOptionsKey<string> Account = new("Airwallex.OAuth.Account");

    /// <summary>Sends the request with an access token of <paramref name="accountId"/>. The last call counts.</summary>
    /// <param name="request">The request.</param>
    /// <param name="accountId">The connected account.</param>
    /// <returns>The request.</returns>
    /// <exception cref="ArgumentException">The account id is malformed.</exception>
    public static HttpRequestMessage SetAirwallexAccount(this HttpRequestMessage request, string accountId)
    {
        ArgumentNullException.ThrowIfNull(request);
        AccountIdRule.Check(accountId, nameof(accountId));
        request.Options.Set(Account, accountId);
        return request;
    }

    /// <summary>The account that the request is sent for; null when none was chosen.</summary>
    /// <param name="request">The request.</param>
    public static string? GetAirwallexAccount(this HttpRequestMessage request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Options.TryGetValue(Account, out var accountId) ? accountId : null;
    }
}
