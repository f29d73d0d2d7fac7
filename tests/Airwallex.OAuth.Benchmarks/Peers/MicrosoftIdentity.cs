using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Identity.Client;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>
/// Microsoft.Identity.Client (MSAL): a handler that asks it for the token of each request, as its documentation shows.
/// MSAL is asked, not called by a pipeline of its own.
/// </summary>
internal sealed class MicrosoftIdentity(
    HttpMessageHandler inner, IConfidentialClientApplication application) : DelegatingHandler(inner)
{
    private static readonly string[] s_scopes = ["https://api.example/.default"];

    /// <summary>A client over an application that has got its token already.</summary>
    public static Client Create(HttpMessageHandler inner)
    {
        var application = CreateApplication(static () => Task.CompletedTask, expiresIn: 3_600);
        application.AcquireTokenForClient(s_scopes).ExecuteAsync().GetAwaiter().GetResult();
        return new HandlerClient(
            new MicrosoftIdentity(inner, application), new HttpRequestMessage(HttpMethod.Get, Tokens.Address));
    }

    public static IConfidentialClientApplication CreateApplication(Func<Task> respond, int expiresIn) =>
        ConfidentialClientApplicationBuilder.Create("client")
            .WithClientSecret("secret")
            .WithAuthority("https://login.microsoftonline.com/tenant/", validateAuthority: false)
            .WithInstanceDiscovery(false)
            .WithHttpClientFactory(new Factory(new HttpClient(new Endpoint(respond, expiresIn))))
            .Build();

    public static Task<AuthenticationResult> AskAsync(IConfidentialClientApplication application) =>
        application.AcquireTokenForClient(s_scopes).ExecuteAsync();

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var result = await application.AcquireTokenForClient(s_scopes).ExecuteAsync(cancellationToken)
            .ConfigureAwait(false);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", result.AccessToken);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private sealed class Factory(HttpClient client) : IMsalHttpClientFactory
    {
        public HttpClient GetHttpClient() => client;
    }

    private sealed class Endpoint(Func<Task> respond, int expiresIn) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await respond();
            var body =
                $$"""
                {"token_type":"Bearer","expires_in":{{expiresIn}},"ext_expires_in":{{expiresIn}},
                 "access_token":"{{Tokens.Access}}"}
                """;
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(
                body, Encoding.UTF8, "application/json")
            };
        }
    }
}
