using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// The browser's side: checks what the application asks for, lets the customer decide, and redirects back.
/// </summary>
internal sealed class AuthorizeEndpoint(AuthorizationServer server, AirwallexSimulatorOptions options)
{
    /// <summary>Names, in the URL, the account whose consent page is shown. Ours, not Airwallex's.</summary>
    private const string AccountParameter = "simulated_account";

    public async Task<SimulatedResponse> HandleAsync(HttpContext context)
    {
        var http = context.Request;
        if (!HttpMethods.IsGet(http.Method) && !HttpMethods.IsPost(http.Method))
        {
            const string Text = "The authorize endpoint takes GET alone.";
            server.ReportViolation(RuleName.WrongMethod, null, $"{http.Method} {http.Path}: {Text}");
            return SimulatedResponse.ApiError(405, "method_not_allowed", Text) with { Allow = "GET" };
        }

        var request = AuthorizeParameters.Parse(http.Query);
        if (Refuse(request) is { } refusal)
        {
            return refusal;
        }

        if (options.AutoConsent)
        {
            var account = server.TakeAccount(request.SignUp);
            return SimulatedResponse.Redirect(Grant(request, account.Id)) with { AccountId = account.Id };
        }

        return HttpMethods.IsGet(http.Method)
            ? Show(http, request)
            : Take(http, request, await http.ReadFormAsync(context.RequestAborted).ConfigureAwait(false));
    }

    /// <summary>The page to begin with, or the consent page once the account is known.</summary>
    private SimulatedResponse Show(HttpRequest http, AuthorizeParameters request)
    {
        if (server.FindAccount(http.Query[AccountParameter]) is { } account)
        {
            var page = AuthorizePages.Consent(request, account, Client(request).ApplicationName);
            return SimulatedResponse.Html(200, page) with { AccountId = account.Id };
        }

        if (request.SignUp)
        {
            return SimulatedResponse.Html(200, AuthorizePages.Details(new SignUpForm()));
        }

        if (server.ListAccounts().Count == 0)
        {
            server.CreateAccount(null, null);
        }

        return SimulatedResponse.Html(200, AuthorizePages.ChooseAccount(server.ListAccounts()));
    }

    /// <summary>What a page sent: on to the next one, or the same again with what is wrong.</summary>
    private SimulatedResponse Take(HttpRequest http, AuthorizeParameters request, IFormCollection form)
    {
        var signUp = SignUpForm.Parse(form);
        switch (form["step"])
        {
            case "details":
                signUp = signUp.CheckDetails();
                return SimulatedResponse.Html(
                    200, signUp.Problem is null ? AuthorizePages.Verification(signUp) : AuthorizePages.Details(signUp));
            case "verification":
                signUp = signUp.CheckCode();
                return SimulatedResponse.Html(
                    200, signUp.Problem is null ? AuthorizePages.Usage(signUp) : AuthorizePages.Verification(signUp));
            case "usage":
                return ToConsent(http, server.CreateAccount(signUp.BusinessName, signUp.Email));
            case "account" when server.FindAccount(form["account"]) is { } account:
                return ToConsent(http, account);
            case "consent" when server.FindAccount(http.Query[AccountParameter]) is { } account:
                var location = form["decision"] == "authorize" ? Grant(request, account.Id) : Decline(request);
                return SimulatedResponse.Redirect(location) with { AccountId = account.Id };
            default:
                return Show(http, request);
        }
    }

    /// <summary>By redirect, so that reloading the consent page creates no second account.</summary>
    private static SimulatedResponse ToConsent(HttpRequest http, SimulatedAccount account)
    {
        var url = QueryHelpers.AddQueryString(
            http.PathBase + http.Path + http.QueryString, AccountParameter, account.Id);
        return SimulatedResponse.Redirect(url) with { AccountId = account.Id };
    }

    /// <summary>The redirect URI with a code for the account.</summary>
    public string Grant(AuthorizeParameters request, string accountId)
    {
        var code = server.IssueCode(
            accountId, request.RedirectUri!, request.Scope!, request.CodeChallenge, Client(request));
        return Back(request, ("code", code));
    }

    public static string Decline(AuthorizeParameters request) =>
        Back(request, ("error", "access_denied"), ("error_description", "The customer declined the request."));

    /// <summary>
    /// RFC 6749, section 4.1.2.1: an unknown client or redirect URI must never be redirected to; any other fault is the
    /// application's to handle.
    /// </summary>
    public SimulatedResponse? Refuse(AuthorizeParameters request)
    {
        if (server.FindClient(request.ClientId) is not { } client)
        {
            return Untrusted("invalid_client", "Unknown application", "The client_id of this request is not known.");
        }

        if (!client.Allows(request.RedirectUri))
        {
            return Untrusted("invalid_redirect_uri", "Redirect URI not allowed",
                "The redirect_uri of this request is not whitelisted for the application.");
        }

        if (request.Fault is not var (error, text))
        {
            return null;
        }

        server.ReportViolation(RuleName.MalformedRequest, null, "Authorize request: " + text);
        return SimulatedResponse.Redirect(
            Back(request, ("error", error), ("error_description", text))) with
        { Error = error };
    }

    private SimulatedClient Client(AuthorizeParameters request) => server.FindClient(request.ClientId)!;

    private static SimulatedResponse Untrusted(string error, string title, string text) =>
        SimulatedResponse.Html(400, AuthorizePages.Error(title, text)) with { Error = error };

    private static string Back(AuthorizeParameters request, params (string Name, string? Value)[] parameters) =>
        QueryHelpers.AddQueryString(
            request.RedirectUri!,
            parameters.Append(("state", request.State)).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2)));
}
