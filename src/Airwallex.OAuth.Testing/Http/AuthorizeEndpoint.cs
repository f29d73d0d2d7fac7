using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Testing;

/// <summary>The browser's side: checks what the application asks for, lets the customer decide, and redirects back.</summary>
internal sealed class AuthorizeEndpoint(AuthorizationServer server, bool autoConsent)
{
    public async Task<HttpAnswer> AnswerAsync(HttpContext context)
    {
        var http = context.Request;
        if (!HttpMethods.IsGet(http.Method) && !HttpMethods.IsPost(http.Method))
        {
            server.ReportBrokenRule(RuleName.WrongMethod, null, $"{http.Method} {http.Path}: the authorize endpoint takes GET alone.");
            return HttpAnswer.ApiError(405, "method_not_allowed", "The authorize endpoint takes GET alone.") with { Allow = "GET" };
        }
        var request = AuthorizeRequest.Parse(http.Query);
        if (Refuse(request) is { } refusal)
        {
            return refusal;
        }
        if (autoConsent)
        {
            return HttpAnswer.Redirect(Grant(request, server.TakeAccount(request.SignUp).Id));
        }
        await Task.CompletedTask.ConfigureAwait(false);
        return HttpAnswer.Html(501, "");
    }

    /// <summary>The redirect URI with a code for the account.</summary>
    public string Grant(AuthorizeRequest request, string accountId)
    {
        var code = server.IssueCode(accountId, request.RedirectUri!, request.Scope!, request.CodeChallenge);
        return Back(request, ("code", code));
    }

    public static string Decline(AuthorizeRequest request) =>
        Back(request, ("error", "access_denied"), ("error_description", "The customer declined the request."));

    /// <summary>
    /// RFC 6749, section 4.1.2.1: an unknown client or redirect URI must never be redirected to; any other fault is the
    /// application's to handle.
    /// </summary>
    public HttpAnswer? Refuse(AuthorizeRequest request)
    {
        if (!server.IsClient(request.ClientId))
        {
            return HttpAnswer.Html(400, Pages.Error("Unknown application", "The client_id of this request is not known to Airwallex.")) with { Error = "invalid_client" };
        }
        if (!server.IsRedirectUriAllowed(request.RedirectUri))
        {
            return HttpAnswer.Html(400, Pages.Error("Redirect URI not allowed", "The redirect_uri of this request is not whitelisted for the application.")) with { Error = "invalid_redirect_uri" };
        }
        if (request.Fault is not var (error, text))
        {
            return null;
        }
        server.ReportBrokenRule(RuleName.MalformedRequest, null, "Authorize request: " + text);
        return HttpAnswer.Redirect(Back(request, ("error", error), ("error_description", text))) with { Error = error };
    }

    private static string Back(AuthorizeRequest request, params (string Name, string? Value)[] parameters) =>
        QueryHelpers.AddQueryString(
            request.RedirectUri!,
            parameters.Append(("state", request.State)).Select(parameter => KeyValuePair.Create(parameter.Item1, parameter.Item2)));
}
