using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Web;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>
/// A token endpoint that issues numbered tokens to every account, and an API that keeps each request and responds as a
/// test says. A code is the id of the account that it connects.
/// </summary>
internal sealed class ApiDouble
{
    private readonly ConcurrentDictionary<string, int> _issued = new();

    public ConcurrentQueue<Request> Requests { get; } = new();

    public ConcurrentQueue<Request> TokenRequests { get; } = new();

    public int Refreshes =>
        TokenRequests.Count(request => request.Body.Contains("refresh_token", StringComparison.Ordinal));

    public Func<Request, HttpStatusCode> Respond { get; set; } = static _ => HttpStatusCode.OK;

    public Func<Request, HttpStatusCode> RespondWithTokens { get; set; } = static _ => HttpStatusCode.OK;

    /// <summary>The access token that the account was issued as its nth.</summary>
    public static string TokenOf(string accountId, int n = 1) => $"access-{accountId}-{n}";

    public HttpMessageHandler CreateHandler() => new Wire(this);

    private HttpResponseMessage Issue(Request request)
    {
        if (RespondWithTokens(request) is var status and not HttpStatusCode.OK)
        {
            return new HttpResponseMessage(status);
        }

        var form = HttpUtility.ParseQueryString(request.Body);
        var accountId = form["code"] ?? form["refresh_token"]!.Split('-')[1];
        var n = _issued.AddOrUpdate(accountId, 1, (_, last) => last + 1);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(
                $$"""
                {"access_token":"{{TokenOf(accountId, n)}}","account_id":"{{accountId}}","expires_in":300,
                "refresh_token":"refresh-{{accountId}}-{{n}}","refresh_token_expires_in":7776000,
                "scope":"r:awx_action:balances_view","token_type":"bearer"}
                """, Encoding.UTF8, "application/json"),
        };
    }

    internal sealed record Request(
        HttpMethod Method,
        Uri Address,
        AuthenticationHeaderValue? Authorization,
        string[] Versions,
        string UserAgent,
        string Body)
    {
        public string Path => Address.AbsolutePath;

        public string? Token => Authorization?.Parameter;
    }

    private sealed class Wire(ApiDouble api) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage message, CancellationToken cancellationToken)
        {
            var body = new MemoryStream();
            if (message.Content is { } content)
            {
                await content.CopyToAsync(body, cancellationToken); // As a connection does: each time anew.
            }

            var request = new Request(
                message.Method, message.RequestUri!, message.Headers.Authorization,
                message.Headers.TryGetValues("x-api-version", out var versions) ? [.. versions] : [],
                message.Headers.UserAgent.ToString(), Encoding.UTF8.GetString(body.ToArray()));
            var isForTokens = request.Path.EndsWith("/oauth/token", StringComparison.Ordinal);
            (isForTokens ? api.TokenRequests : api.Requests).Enqueue(request);
            var response = isForTokens ? api.Issue(request) : new HttpResponseMessage(api.Respond(request));
            response.RequestMessage = message;
            return response;
        }
    }
}
