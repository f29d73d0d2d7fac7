using System.Net;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>A customer's browser as far as HTTP goes: keeps cookies, follows no redirect by itself.</summary>
internal sealed class Browser(HttpMessageHandler server, Uri baseAddress) : IDisposable
{
    private readonly HttpClient _http = new(server, disposeHandler: false) { BaseAddress = baseAddress };

    public CookieContainer Cookies { get; private init; } = new();

    /// <summary>Sent with every request; a browser's own by default.</summary>
    public string Accept { get; set; } = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    public Task<HttpResponseMessage> GetAsync(string url, CancellationToken cancellationToken = default) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, url), cancellationToken);

    public Task<HttpResponseMessage> GetAsync(Uri url) => GetAsync(url.OriginalString);

    public async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        var uri = new Uri(_http.BaseAddress!, request.RequestUri!);
        if (Cookies.GetCookieHeader(uri) is { Length: > 0 } cookies)
        {
            request.Headers.Add("Cookie", cookies);
        }

        request.Headers.Accept.ParseAdd(Accept);
        var response = await _http.SendAsync(request, cancellationToken);
        foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
        {
            Cookies.SetCookies(uri, cookie);
        }

        return response;
    }

    /// <summary>Another browser that stole or was given all cookies of this one.</summary>
    public Browser Copy()
    {
        var copy = new Browser(server, _http.BaseAddress!);
        copy.Cookies.Add(Cookies.GetAllCookies());
        return copy;
    }

    /// <summary>The same browser as it comes from another site: without a cookie that has SameSite=Strict.</summary>
    public Browser WithoutCookie(string name)
    {
        var copy = new Browser(server, _http.BaseAddress!);
        foreach (
            var cookie in Cookies.GetAllCookies().Where(
                cookie => !cookie.Name.Contains(name, StringComparison.Ordinal)))
        {
            copy.Cookies.Add(cookie);
        }

        return copy;
    }

    public void Dispose() => _http.Dispose();
}
