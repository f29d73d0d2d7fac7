using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using RichardSzalay.MockHttp;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>A <see cref="TokenClient"/> made by hand, and the wire that it speaks over.</summary>
public abstract class TokenEndpointTest : IDisposable
{
    protected const string Secret = "s3cret/+&=";
    protected const string UsedToken = "refresh-token-1";

    protected const string GoodResponse = """
        {
          "access_token": "access-token-2", "account_id": "acct_1", "expires_in": 300,
          "refresh_token": "refresh-token-2", "refresh_token_expires_in": 7776000,
          "scope": "r:awx_action:balances_view balance:read", "token_type": "bearer"
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

    /// <summary>The tokens before the refresh: lifetimes of 240 s and 50 days.</summary>
    protected TokenSet Previous => new()
    {
        AccountId = "acct_1",
        AccessToken = "access-token-1",
        AccessTokenExpiresAt = Time.GetUtcNow().AddSeconds(-60),
        RefreshToken = UsedToken,
        RefreshTokenExpiresAt = Time.GetUtcNow().AddSeconds(-300).AddDays(50),
        Scopes = ["scope:before"],
        IssuedAt = Time.GetUtcNow().AddSeconds(-300),
    };

    public void Dispose()
    {
        Wire.Dispose();
        GC.SuppressFinalize(this);
    }

    protected void Respond(string body, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json") =>
        Respond(_ => new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, type) });

    protected void Respond(byte[] body, params string[] encodings) => Respond(_ =>
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(body) };
        response.Content.Headers.TryAddWithoutValidation("Content-Encoding", encodings);
        return response;
    });

    protected void Respond(Func<HttpRequestMessage, HttpResponseMessage> respond)
    {
        Wire.ResetBackendDefinitions();
        Wire.When("*").Respond(respond);
    }

    /// <summary>Refreshes as the heart does.</summary>
    protected Task<TokenSet> RefreshAsync(HttpMessageHandler? wire = null, TimeSpan? timeout = null, CancellationToken cut = default)
    {
        var request = new RefreshTokenRequest
        {
            Options = Options,
            RefreshToken = UsedToken,
            Previous = Previous,
            ResponseTimeout = timeout ?? TimeSpan.FromSeconds(8),
        };
        return new TokenClient(Http(wire ?? Wire), Options, Time).SendAsync(request, cut);
    }

    /// <summary>Refreshes, expecting that it fails.</summary>
    protected async Task<TokenRequestException> FailAsync(HttpMessageHandler? wire = null) =>
        await Assert.ThrowsAsync<TokenRequestException>(() => RefreshAsync(wire));

    /// <summary>Refreshes against a response, expecting that it fails.</summary>
    protected async Task<TokenRequestException> FailAsync(
        string body, HttpStatusCode status = HttpStatusCode.OK, Action<HttpResponseHeaders>? headers = null)
    {
        Respond(_ =>
        {
            var response = new HttpResponseMessage(status) { Content = new StringContent(body) };
            headers?.Invoke(response.Headers);
            return response;
        });
        return await FailAsync();
    }

    protected static HttpClient Http(HttpMessageHandler wire) => new(wire) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>The good response with one member as the given JSON, or without it.</summary>
    protected static string With(string member, string? json)
    {
        var response = JsonNode.Parse(GoodResponse)!.AsObject();
        response[member] = "%VALUE%";
        if (json is null)
        {
            response.Remove(member);
        }

        // As text: NaN and its like are not JSON that a library would write.
        return response.ToJsonString().Replace("\"%VALUE%\"", json, StringComparison.Ordinal);
    }

    /// <summary>A pipeline of our own making.</summary>
    protected sealed class Pipeline(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> send)
        : HttpMessageHandler
    {
        public Pipeline(Func<HttpRequestMessage, Task<HttpResponseMessage>> send) : this((request, _) => send(request))
        {
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            send(request, cancellationToken);
    }
}
