using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth.Testing;

/// <content>What a token request asks for: its parameters, its client, and the exchange of a code.</content>
internal sealed partial class AuthorizationServer
{
    private const string InvalidGrant = "invalid_grant";
    private const string InvalidCode = "invalid or expired authorization code";

    private static readonly string[] s_exchangeParameters =
        ["client_id", "client_secret", "grant_type", "code", "redirect_uri", "code_verifier"];

    private static readonly string[] s_refreshParameters =
        ["client_id", "client_secret", "grant_type", "refresh_token"];

    private TokenResult Decide(PendingTokenRequest request)
    {
        if (request.Concurrent)
        {
            var accountId = request.Family?.Account.Id;
            return Refuse(429, "too_many_requests", "Concurrent token refresh is not allowed.", accountId);
        }

        if (Malformed(request) is { } malformed)
        {
            return malformed;
        }

        if (FindClient(request.ClientId) is not { } client || request.Form["client_secret"] != client.ClientSecret)
        {
            return Refuse(401, "invalid_client", "Client authentication failed.");
        }

        return request.GrantType == "refresh_token"
            ? Refresh(request.SentRefreshToken!, client)
            : Exchange(request.Form, client);
    }

    private TokenResult? Malformed(PendingTokenRequest request)
    {
        if (request.Duplicate is { } duplicate)
        {
            return RefuseMalformed($"The parameter {duplicate} was given more than once.");
        }

        var parameters = request.GrantType switch
        {
            "authorization_code" => s_exchangeParameters,
            "refresh_token" => s_refreshParameters,
            _ => null,
        };
        if (parameters is null)
        {
            return request.GrantType is null
                ? RefuseMalformed("The parameter grant_type is missing.")
                : Refuse(
                    400, "unsupported_grant_type", "The grant type is neither authorization_code nor refresh_token.");
        }

        if (Array.Find(parameters, name => name != "code_verifier" && IsEmpty(request, name)) is { } missing)
        {
            return RefuseMalformed($"The parameter {missing} is missing.");
        }

        // RFC 6749, section 3.2: the server ignores what it does not know. The client is told all the same.
        foreach (var name in request.Form.Keys.Except(parameters))
        {
            Violate(RuleName.MalformedRequest, request.Family?.Account.Id,
                $"Unexpected parameter {name} in a {request.GrantType} request.");
        }

        return null;
    }

    private TokenResult Exchange(Dictionary<string, string> form, SimulatedClient client)
    {
        if (!_codes.TryGetValue(form["code"], out var code))
        {
            return Refuse(400, InvalidGrant, InvalidCode);
        }

        var accountId = code.Account.Id;
        if (code.Client != client)
        {
            ViolateClient("An authorization code", code.Client, client, accountId);
            return Refuse(400, InvalidGrant, InvalidCode, accountId);
        }

        if (code.Used)
        {
            Violate(RuleName.CodeReused, accountId, "An authorization code was exchanged a second time.");
            return Refuse(400, InvalidGrant, "The authorization code has been used already.", accountId);
        }

        if (Now >= code.ExpiresAt)
        {
            return Refuse(400, InvalidGrant, InvalidCode, accountId);
        }

        var redirectUri = form["redirect_uri"];
        if (code.RedirectUri is null ? !client.Allows(redirectUri) : redirectUri != code.RedirectUri)
        {
            const string Text = "OAuth 2.0 Parameter: redirect_uri. It is not the one the code was issued for.";
            return Refuse(400, InvalidGrant, Text, accountId);
        }

        if (!VerifierMatches(code.CodeChallenge, form.GetValueOrDefault("code_verifier")))
        {
            return Refuse(400, InvalidGrant, "OAuth 2.0 Parameter: code_verifier", accountId);
        }

        code.Used = true;
        var family = new TokenFamily(code.Account, code.Client, code.Scope);
        code.Account.Families.Add(family);
        return Success(IssueRefreshToken(family, parent: null), graceReplay: false);
    }

    private void ViolateClient(string what, SimulatedClient owner, SimulatedClient sender, string accountId) => Violate(
        RuleName.TokenOfAnotherClient, accountId,
        $"{what} of client {owner} was sent with the credentials of client {sender}.");

    private static bool IsEmpty(PendingTokenRequest request, string name) =>
        string.IsNullOrEmpty(request.Form.GetValueOrDefault(name));

    /// <summary>
    /// RFC 7636, section 4.6; a verifier without a challenge is refused too (RFC 9700, section 4.8.2).
    /// </summary>
    private static bool VerifierMatches(string? challenge, string? verifier) => challenge is null
        ? verifier is null
        : verifier is not null
            && TokenIssuer.Base64Url(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == challenge;
}
