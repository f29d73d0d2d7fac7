using System.Net.Http.Json;

namespace Airwallex.OAuth.Integration.Tests.Support;

/// <summary>A typed client that tells whose account the API sees.</summary>
internal sealed class AccountsClient(HttpClient http)
{
    public async Task<string> GetIdAsync(CancellationToken cancellationToken = default) =>
        (await http.GetFromJsonAsync<Account>("api/v1/account", cancellationToken))!.Id;

    public sealed record Account(string Id);
}
