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

    /// <summary>The URL to redirect the customer's browser to.</summary>
    /// <exception cref="ArgumentException">
    /// The request lacks a state, or no redirect URI or scope is known from it or the options, or one of them is malformed.
    /// </exception>
    public Uri Build(AuthorizeRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrWhiteSpace(request.State))
        {
            throw new ArgumentException("An authorize request needs a state: take one from AuthorizationState.Create() and keep it in the customer's session.", nameof(request));
        }

        if (string.IsNullOrWhiteSpace(_options.ClientId))
        {
            throw new ArgumentException("The authorize URL needs a client id: set AirwallexOAuthOptions.ClientId.", nameof(request));
        }

        var redirectUri = RedirectUriRule.Choose(request.RedirectUri, _options);
        var scopes = request.Scopes ?? _options.Scopes.AsReadOnly();
        if (scopes.Count == 0)
        {
            throw new ArgumentException("An authorize request needs at least one scope: set AuthorizeRequest.Scopes or AirwallexOAuthOptions.Scopes.", nameof(request));
        }

        // The order is the one on Airwallex's page.
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

        return new Uri(url.ToString());

        void Append(string name, string value) => url.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    // A colon needs no escaping in a query (RFC 3986, section 3.4) and Airwallex's pages show scopes with it.
    private static string EscapeScope(string scope)
    {
        if (string.IsNullOrEmpty(scope) || scope.Any(char.IsWhiteSpace))
        {
            throw new ArgumentException($"'{scope}' is not a scope: a scope is one word, and each is its own element of the list.");
        }

        return Uri.EscapeDataString(scope).Replace("%3A", ":", StringComparison.Ordinal);
    }
}
