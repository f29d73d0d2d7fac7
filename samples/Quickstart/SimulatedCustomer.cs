using System.Net;
using System.Text.RegularExpressions;

namespace Quickstart;

/// <summary>Does what a customer does in a browser: signs up page by page and consents.</summary>
internal sealed partial class SimulatedCustomer(Terminal terminal)
{
    /// <returns>Where Airwallex sends the browser: the application's redirect URI with a code and the state.</returns>
    public async Task<Uri> AuthorizeAsync(Uri authorizeUrl)
    {
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        var form = new Dictionary<string, string>
        {
            ["business_name"] = "Harbour Street Bakery",
            ["full_name"] = "Maya Chen",
            ["email"] = "maya@harbourstreet.example",
            ["code"] = "246810",
            ["decision"] = "authorize",
        };

        var page = await ShowAsync(await browser.GetAsync(authorizeUrl));
        foreach (var step in new[] { "details", "verification", "usage" })
        {
            form["step"] = step;
            using var content = new FormUrlEncodedContent(form);
            page = await ShowAsync(await browser.PostAsync(authorizeUrl, content), step);
        }

        // The account exists now. The consent page has an address of its own.
        var consentUrl = new Uri(authorizeUrl, page!);
        await ShowAsync(await browser.GetAsync(consentUrl));
        form["step"] = "consent";
        using var consent = new FormUrlEncodedContent(form);
        return await ShowAsync(await browser.PostAsync(consentUrl, consent), "consent")
            ?? throw new InvalidOperationException("Airwallex did not send the browser back.");
    }

    private async Task<Uri?> ShowAsync(HttpResponseMessage response, string? form = null)
    {
        using (response)
        {
            var (request, next) = (response.RequestMessage!, response.Headers.Location);
            var title = Heading().Match(await response.Content.ReadAsStringAsync()).Groups[1].Value;
            var outcome = next is null ? $"“{WebUtility.HtmlDecode(title)}”" : response.ReasonPhrase;
            terminal.Exchange(
                request.Method.Method,
                request.RequestUri!.AbsolutePath + (form is null ? "" : $"  {form}"),
                $"{(int)response.StatusCode} {outcome}",
                response.IsSuccessStatusCode || next is not null);
            return next;
        }
    }

    [GeneratedRegex("<h1>(.*?)</h1>")]
    private static partial Regex Heading();
}
