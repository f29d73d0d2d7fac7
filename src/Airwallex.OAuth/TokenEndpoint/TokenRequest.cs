namespace Airwallex.OAuth;

/// <summary>
/// One request to the token endpoint: what is sent, what must not be told, and what the response is measured by.
/// </summary>
internal sealed class TokenRequest
{
    /// <summary>The longest code or token, in characters.</summary>
    public const int LongestToken = 8192;

    /// <summary>Client id, secret and endpoint.</summary>
    public required AirwallexOAuthOptions Options { get; init; }

    /// <summary>The form, in the order of Airwallex's page.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Form { get; init; }

    /// <summary>Hides what is secret in the form.</summary>
    public required SecretMask Mask { get; init; }

    /// <summary>For messages: "refresh of account acct_1".</summary>
    public required string Purpose { get; init; }

    /// <summary>How long to wait for the response, body included.</summary>
    public required TimeSpan ResponseTimeout { get; init; }

    public Func<bool> MayStart { get; init; } = static () => true;

    /// <summary>The tokens before a refresh; null when they are not known.</summary>
    public TokenSet? Previous { get; init; }

    /// <summary>
    /// Whether a response that names no account can be used: a refresh continues one that the caller knows.
    /// </summary>
    public bool IsRefresh { get; init; }

    /// <summary>A request for the tokens of a code (RFC 6749, section 4.1.3).</summary>
    public static TokenRequest ForCode(
        AirwallexOAuthOptions options, string code, Uri? redirectUri, string? codeVerifier, TimeSpan responseTimeout)
    {
        List<KeyValuePair<string, string>> form =
        [
            new("client_id", options.ClientId),
            new("client_secret", options.ClientSecret),
            new("code", code),
            new("grant_type", "authorization_code"),
            new("redirect_uri", RedirectUriRule.Choose(redirectUri, options).OriginalString),
        ];
        if (codeVerifier is not null)
        {
            form.Add(new("code_verifier", codeVerifier));
        }

        return new TokenRequest
        {
            Options = options,
            Form = form,
            Mask = new SecretMask(options.ClientSecret, code, codeVerifier),
            Purpose = "exchange of an authorization code",
            ResponseTimeout = responseTimeout,
        };
    }

    /// <summary>A request for the next tokens (RFC 6749, section 6).</summary>
    public static TokenRequest ForRefresh(RefreshTokenRequest request) => new()
    {
        Options = request.Options,
        Form = FormOf(request.Options, request.RefreshToken),
        Mask = new SecretMask(request.Options.ClientSecret, request.RefreshToken, codeVerifier: null),
        Purpose = $"refresh of account {request.Previous.AccountId}",
        ResponseTimeout = request.ResponseTimeout,
        MayStart = request.MayStart,
        Previous = request.Previous,
        IsRefresh = true,
    };

    /// <summary>The same for a caller of whose earlier tokens nothing is known.</summary>
    public static TokenRequest ForRefresh(AirwallexOAuthOptions options, string refreshToken) => new()
    {
        Options = options,
        Form = FormOf(options, refreshToken),
        Mask = new SecretMask(options.ClientSecret, refreshToken, codeVerifier: null),
        Purpose = "refresh",
        ResponseTimeout = options.GracePeriod,
        IsRefresh = true,
    };

    /// <summary>Whether a text can be a token: 1 to 8,192 visible ASCII characters.</summary>
    public static bool IsSound(string? token, int longest = LongestToken) =>
        token is { Length: > 0 } && token.Length <= longest && !token.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static KeyValuePair<string, string>[] FormOf(AirwallexOAuthOptions options, string refreshToken) =>
    [
        new("client_id", options.ClientId),
        new("client_secret", options.ClientSecret),
        new("grant_type", "refresh_token"),
        new("refresh_token", refreshToken),
    ];
}
