using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>The pages that the flow itself shows; problem details for clients that ask for JSON. No page needs a script.</summary>
internal static class ConnectPage
{
    private const string HopMarker = "airwallex_hop";

    private const string Style =
        """
        :root{color-scheme:light dark;--page:#f4f5f7;--card:#fff;--text:#1c2430;--muted:#4a5565;--line:#d5dae1;--action:#4a2fbd;--on:#fff}
        @media(prefers-color-scheme:dark){:root{--page:#12151a;--card:#1c2129;--text:#edf0f4;--muted:#b4bdc9;--line:#3a4350;--action:#b9a8ff;--on:#181126}}
        *{box-sizing:border-box}
        body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
        main{width:100%;max-width:30rem;padding:clamp(1.25rem,6vw,2.5rem);background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow-wrap:anywhere}
        h1{margin:0 0 .75rem;font-size:1.375rem;line-height:1.3}
        p{margin:0 0 1.5rem}
        .detail{margin:1.5rem 0 0;font-size:.875rem;color:var(--muted)}
        a{display:inline-block;padding:.625rem 1.25rem;border:1px solid transparent;border-radius:.5rem;background:var(--action);color:var(--on);font-weight:600;text-decoration:none}
        a:hover{text-decoration:underline}
        a:focus-visible{outline:3px solid var(--action);outline-offset:3px}
        @media print{body{display:block}main{border:0}}
        """;

    private static readonly string s_contentSecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Keeps the address of the request, which may hold a code, from caches and from the pages that follow.</summary>
    public static void KeepPrivate(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    /// <summary>
    /// Sends the browser to the callback once more, from a page of this site: a browser that comes from another site does not send
    /// cookies with SameSite=Strict, and a redirect does not change that.
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
        var page = new Page($"Back at {host}", "The connection with Airwallex is being finished.", new Link("Continue", again));
        await WriteAsync(context, StatusCodes.Status200OK, page, refresh).ConfigureAwait(false);
        return true;
    }

    public static Task WriteFailureAsync(ConnectFailedContext failed, string host)
    {
        var back = new Link($"Back to {host}", failed.ReturnUrl);
        var startAgain = failed.StartAgainUrl is { } url ? new Link("Start again", url) : back;
        return WriteProblemAsync(failed.HttpContext, failed.StatusCode, Explain(failed, host, startAgain, back));
    }

    public static Task WriteBadRequestAsync(HttpContext context, string detail, Link action) =>
        WriteProblemAsync(context, StatusCodes.Status400BadRequest, new Page("This link cannot be used", detail, action));

    private static Page Explain(ConnectFailedContext failed, string host, Link startAgain, Link back) => failed.Kind switch
    {
        ConnectFailureKind.Declined => new(
            "Airwallex was not connected", "You declined the authorization at Airwallex, so nothing has changed.", back),
        ConnectFailureKind.AuthorizationError => new(
            "Airwallex was not connected", "Airwallex could not authorize the connection.", startAgain, AirwallexSaid(failed)),
        ConnectFailureKind.InvalidCallback => new(
            "This link cannot be used", $"It is damaged, or it does not belong to {host}.", back),
        ConnectFailureKind.Expired => new(
            "This link has expired", "It took too long to come back from Airwallex. A connection that was made earlier is not affected.",
            startAgain),
        ConnectFailureKind.MissingCookie => new(
            "Your browser did not send a cookie",
            $"Allow cookies for {host}, then start again and stay in the same browser.", startAgain),
        ConnectFailureKind.AnotherUser => new(
            "You are signed in as another user",
            "Somebody else started this connection in this browser, so nothing was connected.", startAgain),
        ConnectFailureKind.AnotherAccount => new(
            "This is another Airwallex account",
            "You authorized another Airwallex account than the one to reconnect, so nothing has changed.", startAgain),
        ConnectFailureKind.Refused => new("Airwallex was not connected", Printable.From(failed.Refusal) ?? "", back),
        ConnectFailureKind.ExchangeFailed => ExplainExchange(failed, startAgain, back),
        ConnectFailureKind.ConnectingFailed => new(
            "Airwallex was not connected", $"An error at {host} kept the connection from being made.", startAgain),
        _ => new(
            "The connection is not saved yet",
            $"Airwallex authorized it, but {host} could not store it; look again in a few minutes before you start again.", back),
    };

    private static Page ExplainExchange(ConnectFailedContext failed, Link startAgain, Link back) => failed.StatusCode switch
    {
        StatusCodes.Status503ServiceUnavailable => new(
            "Airwallex cannot be reached", "The connection could not be finished; start again in a few minutes.", startAgain),
        // A code is good once: it came before, to another instance perhaps, or it is too old.
        StatusCodes.Status400BadRequest => new(
            "This link was used before",
            "If you have just connected, you are done; if the connection is missing, start again there.",
            back with { Label = "Continue" }),
        _ => new("Airwallex was not connected", "Airwallex did not accept the request of this site.", startAgain),
    };

    private static string AirwallexSaid(ConnectFailedContext failed) =>
        "Airwallex said: " + Printable.From(failed.Error) + (failed.ErrorDescription is { } text ? $" ({Printable.From(text)})" : "");

    private static Task WriteProblemAsync(HttpContext context, int status, Page page) => PrefersJson(context.Request.GetTypedHeaders())
        ? TypedResults.Problem($"{page.Sentence} {page.Detail}".TrimEnd(), statusCode: status, title: page.Title).ExecuteAsync(context)
        : WriteAsync(context, status, page);

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
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">{head}<title>{html.Encode(page.Title)}</title><style>{Style}</style></head>
            <body><main><h1>{html.Encode(page.Title)}</h1><p>{html.Encode(page.Sentence)}</p><a href="{html.Encode(page.Action.Url)}">{html.Encode(page.Action.Label)}</a>{detail}</main></body>
            </html>
            """,
            context.RequestAborted);
    }

    internal sealed record Link(string Label, string Url);

    private sealed record Page(string Title, string Sentence, Link Action, string? Detail = null);
}
