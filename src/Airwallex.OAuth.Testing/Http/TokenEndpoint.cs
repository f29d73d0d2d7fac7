using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Reads a token request off the wire. What it means is the <see cref="AuthorizationServer"/>'s business.
/// </summary>
internal sealed class TokenEndpoint(AuthorizationServer server)
{
    private const string FormContentType = "application/x-www-form-urlencoded";

    /// <summary>The form, or the response to a request that has none.</summary>
    public async Task<(
        List<KeyValuePair<string, string>> Form, SimulatedResponse? Refusal)> ReadAsync(HttpContext context)
    {
        var request = context.Request;
        List<KeyValuePair<string, string>> form = [];
        if (!HttpMethods.IsPost(request.Method))
        {
            const string Text = "The token endpoint takes POST alone.";
            server.ReportViolation(RuleName.WrongMethod, null, $"{request.Method} {request.Path}: {Text}");
            return (form, Refuse(405, Text) with { Allow = "POST" });
        }

        var contentType = request.ContentType?.Split(';')[0].Trim();
        if (!string.Equals(contentType, FormContentType, StringComparison.OrdinalIgnoreCase))
        {
            return (form, RefuseMalformed(415, $"The body of a token request must be {FormContentType}."));
        }

        if (request.QueryString.HasValue)
        {
            return (
                form, RefuseMalformed(400, "The parameters of a token request belong in the body, not in the URL."));
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
            // A client that died while sending violates no rule.
            return (form, Refuse(400, "The body of the token request broke off."));
        }
        catch (InvalidDataException)
        {
            return (form, RefuseMalformed(400, "The body of the token request is not a readable form."));
        }
    }

    private SimulatedResponse RefuseMalformed(int statusCode, string text)
    {
        server.ReportViolation(RuleName.MalformedRequest, null, text);
        return Refuse(statusCode, text);
    }

    private SimulatedResponse Refuse(int statusCode, string text) =>
        new(statusCode, server.TokenError("invalid_request", text)) { Error = "invalid_request" };
}
