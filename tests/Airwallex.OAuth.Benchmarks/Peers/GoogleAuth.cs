using System.Net.Http.Headers;
using Google.Apis.Auth.OAuth2;
using Google.Apis.Auth.OAuth2.Flows;
using Google.Apis.Auth.OAuth2.Responses;
using Google.Apis.Http;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>
/// Google.Apis.Auth's credential of a user, as interceptor of Google's message handler. That handler adds headers to
/// each request, so a new one is made for each send; its own baseline is the same handler with an interceptor that sets
/// a constant header.
/// </summary>
internal sealed class GoogleAuth : Client
{
    private readonly HttpMessageInvoker _invoker;

    private GoogleAuth(HttpMessageHandler inner, IHttpExecuteInterceptor interceptor)
    {
        var handler = new ConfigurableMessageHandler(inner);
        handler.AddExecuteInterceptor(interceptor);
        _invoker = new HttpMessageInvoker(handler);
    }

    public static Client Create(HttpMessageHandler inner) => new GoogleAuth(inner, CreateCredential());

    public static Client CreateBaseline(HttpMessageHandler inner) =>
        new GoogleAuth(inner, new ConstantHeaderInterceptor());

    /// <param name="endpoint">
    /// Makes the client of the token endpoint. Default: none, the token is not refreshed.
    /// </param>
    /// <param name="issuedAt">When the token was issued. Default: now.</param>
    public static UserCredential CreateCredential(
        Google.Apis.Http.IHttpClientFactory? endpoint = null, DateTime? issuedAt = null)
    {
        var flow = new GoogleAuthorizationCodeFlow(new GoogleAuthorizationCodeFlow.Initializer
        {
            ClientSecrets = new ClientSecrets { ClientId = "client", ClientSecret = "secret" },
            HttpClientFactory = endpoint,
        });
        return new UserCredential(flow, "user", new TokenResponse
        {
            AccessToken = Tokens.Access,
            RefreshToken = "refresh",
            ExpiresInSeconds = 3_600,
            IssuedUtc = issuedAt ?? DateTime.UtcNow,
        });
    }

    public override Task SendAsync() =>
        _invoker.SendAsync(new HttpRequestMessage(HttpMethod.Get, Tokens.Address), CancellationToken.None);

    public override void Dispose()
    {
        _invoker.Dispose();
        base.Dispose();
    }

    private sealed class ConstantHeaderInterceptor : IHttpExecuteInterceptor
    {
        private readonly AuthenticationHeaderValue _header = new("Bearer", Tokens.Access);

        public Task InterceptAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = _header;
            return Task.CompletedTask;
        }
    }
}
