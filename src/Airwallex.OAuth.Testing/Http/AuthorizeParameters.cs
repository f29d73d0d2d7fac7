using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>The parameters of a request to the authorize endpoint, as they came.</summary>
internal sealed record AuthorizeParameters(
    string? ResponseType, string? ClientId, string? RedirectUri, string? State, string? Scope, string? CodeChallenge,
    string? CodeChallengeMethod, bool SignUp)
{
    /// <summary>What is wrong with it, as an OAuth error and a sentence; null when nothing is.</summary>
    public (string Error, string Text)? Fault =>
        ResponseType != "code" ? ("unsupported_response_type", "response_type must be code.")
        : string.IsNullOrWhiteSpace(Scope) ? ("invalid_scope", "scope is missing.")
        : string.IsNullOrEmpty(State) ? ("invalid_request", "state is missing.")
        : CodeChallenge is not null && CodeChallengeMethod != "S256" ? (
            "invalid_request", "code_challenge_method must be S256.")
        : CodeChallenge is null && CodeChallengeMethod is not null ? ("invalid_request", "code_challenge is missing.")
        : null;

    public IReadOnlyList<string> Scopes => Scope?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static AuthorizeParameters Parse(IQueryCollection query)
    {
        return new AuthorizeParameters(
            Get("response_type"), Get("client_id"), Get("redirect_uri"), Get("state"), Get("scope"),
            Get("code_challenge"),
            Get("code_challenge_method"), Get("sign_up") == "true");

        string? Get(string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
    }
}
