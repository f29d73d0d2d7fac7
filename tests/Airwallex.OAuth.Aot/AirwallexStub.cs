using System.Net;
using System.Text;

namespace Airwallex.OAuth.Aot;

/// <summary>Responds as Airwallex's token endpoint and API do.</summary>
internal sealed class AirwallexStub : HttpMessageHandler
{
    public const string Account = "acct_1";

    // Static, because HttpClientFactory makes and disposes of several handlers.
    public static int Refreshes { get; private set; }

    public static bool IsDisconnected { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.RequestUri!.AbsolutePath != "/oauth/token")
        {
            return new HttpResponseMessage(
                HttpStatusCode.OK)
            { Content = new StringContent($"{request.Headers.Authorization}") };
        }

        var form = await request.Content!.ReadAsStringAsync(cancellationToken);
        var isRefresh = form.Contains("grant_type=refresh_token", StringComparison.Ordinal);
        if (isRefresh && IsDisconnected)
        {
            return Json(HttpStatusCode.BadRequest, """{"error":"invalid_grant"}""");
        }

        Refreshes += isRefresh ? 1 : 0;
        var grant = isRefresh ? "refresh_token" : "authorization_code";
        return Json(HttpStatusCode.OK, $$"""
            {"access_token":"access-{{grant}}","account_id":"{{Account}}","expires_in":300,
             "refresh_token":"refresh-{{grant}}","refresh_token_expires_in":7776000,
             "scope":"balance:read","token_type":"bearer"}
            """);
    }

    private static HttpResponseMessage Json(HttpStatusCode status, string json) =>
        new(status) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
}
