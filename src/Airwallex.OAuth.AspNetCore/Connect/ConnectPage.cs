using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// The pages that the flow itself shows; problem details for clients that ask for JSON. No page needs a script.
/// </summary>
internal static class ConnectPage
{
    private const string HopMarker = "airwallex_hop";

    private const string Style =
        """
        :root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1c2430;--muted:#4a5565;--line:#d5dae1;
          --action:#4a2fbd;--on:#fff}
        @media(prefers-color-scheme:dark){
          :root{--page:#12151a;--card:#1c2129;--text:#edf0f4;--muted:#b4bdc9;--line:#3a4350;
          --action:#b9a8ff;--on:#181126}
        }
        *{box-sizing:border-box}
        body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;
          background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
        main{width:100%;max-width:30rem;padding:clamp(1.25rem,6vw,2.5rem);background:var(--card);
          border:1px solid var(--line);border-radius:.75rem;overflow-wrap:anywhere}
        h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.3}
        p{margin:0 0 1.5rem}
        .detail{margin:1.5rem 0 0;font-size:.875rem;color:var(--muted)}
        a{display:inline-block;padding:.625rem 1.25rem;border:1px solid transparent;border-radius:.5rem;
          background:var(--action);color:var(--on);font-weight:600;text-decoration:none}
        a:hover{text-decoration:underline}
        a:focus-visible{outline:3px solid var(--action);outline-offset:3px}
        @media print{body{display:block}main{border:0}}
        """;

    private static readonly string s_contentSecurityPolicy =
        $"default-src 'none'; style-src " +
            $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>
    /// Keeps the address of the request, which may hold a code, from caches and from the pages that follow.
    /// </summary>
    public static void KeepPrivate(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    /// <summary>
    /// Sends the browser to the callback once more, from a page of this site: a browser that comes from another site
    /// does not send cookies with SameSite=Strict, and a redirect does not change that.
    /// </summary>
    /// <returns>False when there is nothing to gain: it was done before, or nobody can sign in.</returns>
    public static async Task<bool> TryWriteHopAsync(HttpContext context, string host)
    {
        if (context.Request.Query.ContainsKey(HopMarker)
            || PrefersJson(context.Request.GetTypedHeaders())
            || !await ConnectUser.CanSignInAsync(context).ConfigureAwait(false))
        {
            return false;
        }

        // Relative: it works behind any proxy.
        var again = $"{context.Request.QueryString.Value}&{HopMarker}=1";
        var refresh = $"<meta http-equiv=\"refresh\" content=\"0;url={HtmlEncoder.Default.Encode(again)}\">";
        var page = new Page(
            $"Back at {host}", "The connection with Airwallex is being finished.", new Link("Continue", again));
        await WriteAsync(context, StatusCodes.Status200OK, page, refresh).ConfigureAwait(false);
        return true;
    }

    /// <summary>A page, or problem details for a client that asks for JSON.</summary>
    public static Task WriteProblemAsync(HttpContext context, int status, Page page)
    {
        var detail = $"{page.Sentence} {page.Detail}".TrimEnd();
        return PrefersJson(context.Request.GetTypedHeaders())
            // Problem details of a success would contradict themselves.
            ? TypedResults.Problem(
                detail, statusCode: status < 400 ? StatusCodes.Status409Conflict : status, title: page.Title)
                .ExecuteAsync(context)
            : WriteAsync(context, status, page);
    }

    private static bool PrefersJson(RequestHeaders headers)
    {
        return Math.Max(Quality("application/problem+json"), Quality("application/json")) > Quality("text/html");

        double Quality(string type) => headers.Accept
            .Where(range => new MediaTypeHeaderValue(type).IsSubsetOf(range))
            .Select(range => range.Quality ?? 1)
            .DefaultIfEmpty(0)
            .Max();
    }

    private static Task WriteAsync(HttpContext context, int status, Page page, string head = "")
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = s_contentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";

        var html = HtmlEncoder.Default;
        var detail = page.Detail is null ? "" : $"<p class=\"detail\">{html.Encode(page.Detail)}</p>";
        return response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            {head}
            <title>{html.Encode(page.Title)}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{html.Encode(page.Title)}</h1>
            <p>{html.Encode(page.Sentence)}</p>
            <a href="{html.Encode(page.Action.Url)}">{html.Encode(page.Action.Label)}</a>
            {detail}
            </main>
            </body>
            </html>
            """,
            context.RequestAborted);
    }

    internal sealed record Link(string Label, string Url);

    internal sealed record Page(string Title, string Sentence, Link Action, string? Detail = null);
}
