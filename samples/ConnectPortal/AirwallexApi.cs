using System.Text.Json;
using Airwallex.OAuth;

namespace ConnectPortal;

/// <summary>What one account has in one currency.</summary>
public sealed record Balance(
    string Currency, decimal AvailableAmount, decimal PendingAmount, decimal ReservedAmount, decimal TotalAmount);

/// <summary>
/// The little of Airwallex's API that the portal calls. The class knows no token: AddAirwallexToken adds one.
/// </summary>
public sealed class AirwallexApi(HttpClient http)
{
    private static readonly JsonSerializerOptions s_json =
        new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public async Task<IReadOnlyList<Balance>> GetBalancesAsync(
        string accountId, CancellationToken cancellationToken = default) =>
        await GetAsync<List<Balance>>("api/v1/balances/current", accountId, cancellationToken) ?? [];

    /// <summary>The name of the business; null when the account has none yet.</summary>
    public async Task<string?> GetBusinessNameAsync(string accountId, CancellationToken cancellationToken = default)
    {
        var account = await GetAsync<JsonElement>("api/v1/account", accountId, cancellationToken);
        return account.TryGetProperty("account_details", out var details)
            && details.TryGetProperty("business_details", out var business)
            && business.TryGetProperty("business_name", out var name)
                ? name.GetString()
                : null;
    }

    private async Task<T?> GetAsync<T>(string path, string accountId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path).SetAirwallexAccount(accountId);
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<T>(s_json, cancellationToken);
    }
}
