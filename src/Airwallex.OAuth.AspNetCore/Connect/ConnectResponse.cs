using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Headers;
using Microsoft.Net.Http.Headers;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>What the flow itself answers when something went wrong: a plain page, or problem+json for those who ask for JSON.</summary>
internal static class ConnectResponse
{
    private const string Style =
        "body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1.25rem;color-scheme:light dark}"
        + "h1{font-size:1.5rem;line-height:1.25}";

    private static readonly string ContentSecurityPolicy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Keeps the address of the request, which may hold a code, from caches and from the pages that follow.</summary>
    public static void KeepPrivate(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers["Referrer-Policy"] = "no-referrer";
    }

    public static Task WriteFailureAsync(ConnectFailedContext context)
    {
        var (title, detail) = Explain(context);
        return WriteAsync(context.HttpContext, context.StatusCode, title, detail, context.ReturnUrl);
    }

    public static Task WriteAsync(HttpContext context, int status, string title, string detail, string returnUrl) =>
        PrefersJson(context.Request.GetTypedHeaders())
            ? TypedResults.Problem(detail, statusCode: status, title: title).ExecuteAsync(context)
            : WritePageAsync(context, status, title, detail, returnUrl);

    private static (string Title, string Detail) Explain(ConnectFailedContext context) => context.Kind switch
    {
        ConnectFailureKind.Declined => ("Airwallex was not connected",
            "The authorization was declined at Airwallex. Nothing has changed; you can connect at any time."),
        ConnectFailureKind.AuthorizationError => ("Airwallex could not authorize the connection",
            $"Airwallex answered: {Printable.From(context.Error)}{(context.ErrorDescription is { } text ? $" ({Printable.From(text)})" : "")}. Please start again; if it happens again, tell whoever operates this site."),
        ConnectFailureKind.InvalidCallback => ("This link cannot be used",
            "It was used before, or was opened in another browser than the one that started the connection. Please start again."),
        ConnectFailureKind.Expired => ("The connection took too long",
            "For your safety, a connection has to be finished soon after it was started. Please start again."),
        ConnectFailureKind.ExchangeFailed when context.StatusCode == StatusCodes.Status503ServiceUnavailable => ("Airwallex cannot be reached at the moment",
            "The connection could not be finished. Please start again in a few minutes."),
        ConnectFailureKind.ExchangeFailed => ("Airwallex did not accept the connection",
            "The connection could not be finished. Please start again; if it happens again, tell whoever operates this site."),
        _ => ("The connection could not be saved",
            "Airwallex authorized it, but this site could not store it yet. Please look again in a few minutes, and start again if it is not there."),
    };

    private static bool PrefersJson(RequestHeaders headers)
    {
        return Math.Max(Quality("application/problem+json"), Quality("application/json")) > Quality("text/html");

        double Quality(string type) => headers.Accept
            .Where(range => new MediaTypeHeaderValue(type).IsSubsetOf(range))
            .Select(range => range.Quality ?? 1)
            .DefaultIfEmpty(0)
            .Max();
    }

    private static Task WritePageAsync(HttpContext context, int status, string title, string detail, string returnUrl)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XContentTypeOptions = "nosniff";

        var html = HtmlEncoder.Default;
        return response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.Encode(title)}</title><style>{Style}</style></head>
            <body><main><h1>{html.Encode(title)}</h1><p>{html.Encode(detail)}</p><p><a href="{html.Encode(returnUrl)}">Back to where you started</a></p></main></body>
            </html>
            """,
            context.RequestAborted);
    }
}
