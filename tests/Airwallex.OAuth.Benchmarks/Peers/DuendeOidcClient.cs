using Duende.IdentityModel.OidcClient;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>
/// Duende.IdentityModel.OidcClient's handler for one user. It knows no expiry: it sends the token it has, and refreshes
/// after a 401.
/// </summary>
internal static class DuendeOidcClient
{
    public static Client Create(HttpMessageHandler inner)
    {
        var client = new OidcClient(new OidcClientOptions
        {
            Authority = "https://login.example",
            ClientId = "client",
            ProviderInformation = new ProviderInformation
            {
                IssuerName = "https://login.example",
                TokenEndpoint = "https://login.example/token",
                AuthorizeEndpoint = "https://login.example/authorize",
                KeySet = new Duende.IdentityModel.Jwk.JsonWebKeySet(),
            },
        });
        var handler = new RefreshTokenDelegatingHandler(client, Tokens.Access, "refresh", "Bearer", inner);
        return new HandlerClient(handler, new HttpRequestMessage(HttpMethod.Get, Tokens.Address));
    }
}
