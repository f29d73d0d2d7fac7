using System.Net.Http.Headers;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>The least that any of them can do: sets a header that is ready.</summary>
internal sealed class ConstantHeader(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly AuthenticationHeaderValue _header = new("Bearer", Tokens.Access);

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _header;
        return base.SendAsync(request, cancellationToken);
    }

    public static Client Create(HttpMessageHandler inner) =>
        new HandlerClient(new ConstantHeader(inner), new HttpRequestMessage(HttpMethod.Get, Tokens.Address));
}

/// <summary>The least that a handler can do which looks at a response that comes later: one await.</summary>
internal sealed class AwaitedConstantHeader(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly AuthenticationHeaderValue _header = new("Bearer", Tokens.Access);

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = _header;
        return FinishAsync(base.SendAsync(request, cancellationToken));
    }

    public static Client Create(HttpMessageHandler inner) =>
        new HandlerClient(new AwaitedConstantHeader(inner), new HttpRequestMessage(HttpMethod.Get, Tokens.Address));

    private static async Task<HttpResponseMessage> FinishAsync(Task<HttpResponseMessage> sending) =>
        await sending.ConfigureAwait(false);
}

/// <summary>What all of them send.</summary>
internal static class Tokens
{
    /// <summary>As long as the access token in Airwallex's documentation.</summary>
    public static readonly string Access = new('a', 163);

    public static readonly Uri Address = new("https://api.example/api/v1/balances/current");

    public static string ResponseWith(string accountId, int expiresIn, string? access = null) => $$"""
        {"access_token":"{{access ?? Access}}","account_id":"{{accountId}}","expires_in":{{expiresIn}},
        "refresh_token":"{{Guid.NewGuid():N}}","refresh_token_expires_in":7776000,"scope":"s","token_type":"bearer"}
        """;
}
