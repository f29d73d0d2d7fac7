using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>Reads a token request off the wire. What it means is the <see cref="AuthorizationServer"/>'s business.</summary>
internal sealed class TokenEndpoint(AuthorizationServer server)
{
    /// <summary>The form, or the answer to a request that has none.</summary>
    public async Task<(List<KeyValuePair<string, string>> Form, HttpAnswer? Refusal)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        List<KeyValuePair<string, string>> form = [];
        if (!HttpMethods.IsPost(request.Method))
        {
            server.ReportBrokenRule(RuleName.WrongMethod, null, $"{request.Method} {request.Path}: the token endpoint takes POST alone.");
            return (form, Refuse(405, "The token endpoint takes POST alone.") with { Allow = "POST" });
        }
        var contentType = request.ContentType?.Split(';')[0].Trim();
        if (!string.Equals(contentType, "application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
        {
            return (form, RefuseMalformed(415, "The body of a token request must be application/x-www-form-urlencoded."));
        }
        if (request.QueryString.HasValue)
        {
            return (form, RefuseMalformed(400, "The parameters of a token request belong into the body, not into the URL."));
        }
        try
        {
            foreach (var (name, values) in await request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false))
            {
                form.AddRange(values.Select(value => KeyValuePair.Create(name, value ?? "")));
            }
            return (form, null);
        }
        catch (BadHttpRequestException)
        {
            return (form, Refuse(400, "The body of the token request broke off.")); // A client that died while sending breaks no rule.
        }
        catch (InvalidDataException)
        {
            return (form, RefuseMalformed(400, "The body of the token request is not a readable form."));
        }
    }

    private HttpAnswer RefuseMalformed(int statusCode, string text)
    {
        server.ReportBrokenRule(RuleName.MalformedRequest, null, text);
        return Refuse(statusCode, text);
    }

    private HttpAnswer Refuse(int statusCode, string text) =>
        new(statusCode, server.TokenError("invalid_request", text)) { Error = "invalid_request" };
}
