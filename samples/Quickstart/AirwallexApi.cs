using System.Net.Http.Json;
using System.Text.Json;
using Airwallex.OAuth;

namespace Quickstart;

/// <summary>A typed client of the Airwallex API. It knows no token: a request says which account it is for.</summary>
internal sealed class AirwallexApi(HttpClient http)
{
    private static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public Task<List<Balance>> GetBalancesAsync(string accountId, CancellationToken cancellationToken = default) =>
        GetAsync<List<Balance>>("api/v1/balances/current", accountId, cancellationToken);

    public Task<Account> GetAccountAsync(string accountId, CancellationToken cancellationToken = default) =>
        GetAsync<Account>("api/v1/account", accountId, cancellationToken);

    private async Task<T> GetAsync<T>(string path, string accountId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path).SetAirwallexAccount(accountId);
        using var response = await http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken))!;
    }
}

internal sealed record Balance(string Currency, decimal AvailableAmount, decimal TotalAmount);

internal sealed record Account(string Id, string? Status);
