using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using RichardSzalay.MockHttp;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>A <see cref="TokenClient"/> made by hand, and the wire it speaks over.</summary>
public abstract class TokenEndpointTest : IDisposable
{
    protected const string Secret = "s3cret/+&=";
    protected const string SpentToken = "refresh-token-1";

    protected const string GoodAnswer = """
        {
          "access_token": "access-token-2", "account_id": "acct_1", "expires_in": 300, "refresh_token": "refresh-token-2",
          "refresh_token_expires_in": 7776000, "scope": "r:awx_action:balances_view balance:read", "token_type": "bearer"
        }
        """;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    protected MockHttpMessageHandler Wire { get; } = new();

    protected AirwallexOAuthOptions Options { get; } = new()
    {
        ClientId = "client_1",
        ClientSecret = Secret,
        RedirectUri = new Uri("https://example.com/callback"),
    };

    protected TokenClient Client => new(Wire.ToHttpClient(), Options, Time);

    public void Dispose()
    {
        Wire.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Answer(string body, HttpStatusCode status = HttpStatusCode.OK, string contentType = "application/json") =>
        Answer(_ => new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, contentType) });

    protected void Answer(Func<HttpRequestMessage, HttpResponseMessage> answer)
    {
        Wire.ResetBackendDefinitions();
        Wire.When("*").Respond(answer);
    }

    /// <summary>Refreshes against an answer, expecting that it cannot be used.</summary>
    protected async Task<TokenRequestException> RefuseAsync(string body, HttpStatusCode status = HttpStatusCode.OK, Action<HttpResponseHeaders>? headers = null)
    {
        Answer(_ =>
        {
            var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            headers?.Invoke(response.Headers);
            return response;
        });
        return await Assert.ThrowsAsync<TokenRequestException>(() => Client.RefreshAsync(SpentToken));
    }
}
