using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// Builds the URL behind a "Connect with Airwallex" or "Sign up with Airwallex" button. Thread-safe; usable without
/// dependency injection. Follows Airwallex's page "Authorize new customers" and RFC 6749, section 4.1.1.
/// </summary>
/// <param name="options">The client id, and the defaults for redirect URI and scopes.</param>
public sealed class AuthorizeUrlBuilder(AirwallexOAuthOptions options)
{
    private readonly AirwallexOAuthOptions _options = options ?? throw new ArgumentNullException(nameof(options));

    /// <summary>Builds the URL to redirect the customer's browser to.</summary>
    /// <param name="request">What this customer is asked for.</param>
    /// <returns>An absolute URL. It holds the state: keep it out of logs.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// The request lacks a state, or no redirect URI or scope is known from it or the options, or one of them is
    /// malformed, or the URL is longer than a <see cref="Uri"/> can be.
    /// </exception>
    public Uri Build(AuthorizeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Require(
            !string.IsNullOrWhiteSpace(request.State),
            "An authorize request needs a state: take one from AuthorizationState.Create() and keep it in the "
            + "customer's session.");
        Require(
            !string.IsNullOrWhiteSpace(_options.ClientId),
            "The authorize URL needs a client id: set AirwallexOAuthOptions.ClientId.");
        Require(
            request.CodeChallenge is null || Pkce.IsChallenge(request.CodeChallenge),
            "The code challenge is malformed: take it from Pkce.Create().");
        var scopes = request.Scopes ?? _options.Scopes.AsReadOnly();
        Require(
            scopes.Count > 0,
            "An authorize request needs a scope: set AuthorizeRequest.Scopes or AirwallexOAuthOptions.Scopes.");

        var url = Write(request, scopes, RedirectUriRule.Choose(request.RedirectUri, _options));
        Require(
            Uri.TryCreate(url, UriKind.Absolute, out var result),
            "The authorize URL is too long: ask for fewer scopes.");
        return result!;
    }

    // The order is the one on Airwallex's page.
    private string Write(AuthorizeRequest request, IEnumerable<string> scopes, Uri redirectUri)
    {
        var endpoint = AirwallexEndpoints.For(_options).AuthorizeEndpoint;
        var url = new StringBuilder(endpoint.GetLeftPart(UriPartial.Query))
            .Append(endpoint.Query.Length > 0 ? '&' : '?').Append("response_type=code");
        Append("client_id", _options.ClientId);
        Append("redirect_uri", redirectUri.OriginalString);
        Append("state", request.State);
        url.Append("&scope=").AppendJoin('+', scopes.Select(EscapeScope));
        if (request.CodeChallenge is { } challenge)
        {
            Append("code_challenge", challenge);
            Append("code_challenge_method", "S256");
        }

        if (request.SignUp)
        {
            Append("sign_up", "true");
        }

        return url.ToString();

        void Append(string name, string value) =>
            url.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    // A colon needs no escaping in a query (RFC 3986, section 3.4), and Airwallex's pages show scopes with it.
    private static string EscapeScope(string scope)
    {
        Require(
            !string.IsNullOrEmpty(scope) && !scope.Any(char.IsWhiteSpace),
            $"'{scope}' is not a scope: a scope is one word, and each is its own element of the list.");
        return Uri.EscapeDataString(scope).Replace("%3A", ":", StringComparison.Ordinal);
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
