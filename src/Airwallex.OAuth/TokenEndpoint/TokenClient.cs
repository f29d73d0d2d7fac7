using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Speaks with Airwallex's token endpoint: one call, one request, no retry and no store. Applications use
/// <see cref="AirwallexConnections"/>, which keeps what this returns; this is for those who keep it themselves.
/// Thread-safe.
/// </summary>
/// <remarks>
/// See "Exchange authorization code for tokens" and "Refresh access tokens" on Airwallex's page "Authorize new
/// customers"; RFC 6749, sections 4.1.3 and 6.
/// </remarks>
public sealed class TokenClient
{
    private readonly HttpClient _http;
    private readonly Func<AirwallexOAuthOptions> _options;
    private readonly TimeProvider _time;

    /// <summary>Creates the client for the service container.</summary>
    /// <param name="httpClient">The client that the requests go through.</param>
    /// <param name="options">The options; each call uses the current ones.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    [ActivatorUtilitiesConstructor]
    public TokenClient(HttpClient httpClient, IOptionsMonitor<AirwallexOAuthOptions> options, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        (_http, _options, _time) = (httpClient, () => options.CurrentValue, timeProvider);
    }

    internal TokenClient(HttpClient httpClient, Func<AirwallexOAuthOptions> options, TimeProvider timeProvider) =>
        (_http, _options, _time) = (httpClient, options, timeProvider);

    /// <summary>Creates the client by hand.</summary>
    /// <param name="httpClient">
    /// The client that the requests go through. Its handler should not follow redirects: they would carry the client
    /// secret to another address.
    /// </param>
    /// <param name="options">The client id and secret, and where the token endpoint is.</param>
    /// <param name="timeProvider">The clock. Default: null, the system's.</param>
    /// <exception cref="ArgumentNullException">An argument other than the clock is null.</exception>
    public TokenClient(HttpClient httpClient, AirwallexOAuthOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        ArgumentNullException.ThrowIfNull(options);
        (_http, _options, _time) = (httpClient, () => options, timeProvider ?? TimeProvider.System);
    }

    /// <summary>
    /// Exchanges an authorization code for tokens. The response is awaited for
    /// <see cref="AirwallexOAuthOptions.GracePeriod"/> (60 s by default).
    /// </summary>
    /// <param name="code">The code from the redirect; it can be used once.</param>
    /// <param name="redirectUri">
    /// The redirect URI that the code was obtained with. Default: null,
    /// <see cref="AirwallexOAuthOptions.RedirectUri"/>.
    /// </param>
    /// <param name="codeVerifier">
    /// The verifier of the <see cref="Pkce"/> pair whose challenge was in the authorize URL. Default: null, none.
    /// </param>
    /// <param name="cancellationToken">Cancels the wait; the code may be used up all the same.</param>
    /// <returns>
    /// The tokens. <see cref="TokenSet.AccessTokenExpiresAt"/> is a minute ahead when the response says nothing about
    /// it.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The code or the verifier is empty, longer than 8,192 characters or has control characters, or no redirect URI
    /// is known. Nothing was sent.
    /// </exception>
    /// <exception cref="TokenRequestException">
    /// The code was refused, the response was lost, or it lacks a refresh token or an account.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<TokenSet> ExchangeCodeAsync(
        string code, Uri? redirectUri = null, string? codeVerifier = null,
        CancellationToken cancellationToken = default)
    {
        var options = _options();
        var exchange = ExchangeAsync(
            options, code, redirectUri, codeVerifier, options.GracePeriod, cancellationToken);
        return ForCallerAsync(exchange, cancellationToken);
    }

    /// <summary>
    /// Sends a refresh token once. On success it is superseded: save the new one before anything else. After a lost
    /// response the same token may be sent again for 60 s, by one caller at a time. The response is awaited for
    /// <see cref="AirwallexOAuthOptions.GracePeriod"/> (60 s by default).
    /// </summary>
    /// <param name="refreshToken">The refresh token issued last.</param>
    /// <param name="cancellationToken">Cancels the wait; the refresh token may be superseded all the same.</param>
    /// <returns>
    /// The tokens. A response with a refresh token is returned whatever else it lacks: the account id may be empty,
    /// the scopes too, and <see cref="TokenSet.AccessTokenExpiresAt"/> is a minute ahead when nothing is said about
    /// it.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// The refresh token is not 1 to 8,192 visible ASCII characters. Nothing was sent.
    /// </exception>
    /// <exception cref="TokenRequestException">
    /// The refresh token was refused, or the response was lost or lacks a refresh token.
    /// </exception>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public Task<TokenSet> RefreshAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(refreshToken);
        if (!TokenRequest.IsSound(refreshToken))
        {
            throw new ArgumentException(
                "A refresh token is 1 to 8,192 visible ASCII characters: pass the one that was issued last, as it is.",
                nameof(refreshToken));
        }

        return ForCallerAsync(
            SendAsync(TokenRequest.ForRefresh(_options(), refreshToken), cancellationToken), cancellationToken);
    }

    /// <summary>
    /// Sends a refresh token once. Every failure is a <see cref="TokenRequestException"/>, whatever threw it; a cut by
    /// <paramref name="cutToken"/> too. A pipeline that does not return is abandoned. Nothing in here changes threads
    /// by itself.
    /// </summary>
    internal Task<TokenSet> SendAsync(RefreshTokenRequest request, CancellationToken cutToken) =>
        SendAsync(TokenRequest.ForRefresh(request), cutToken);

    /// <summary>
    /// The same for a code, with options that the caller has taken. Throws at once when an argument is wrong.
    /// </summary>
    internal Task<TokenSet> ExchangeAsync(
        AirwallexOAuthOptions options, string code, Uri? redirectUri, string? codeVerifier,
        TimeSpan responseTimeout, CancellationToken cutToken)
    {
        RequireText(code, nameof(code));
        if (codeVerifier is not null)
        {
            RequireText(codeVerifier, nameof(codeVerifier));
        }

        return SendAsync(TokenRequest.ForCode(options, code, redirectUri, codeVerifier, responseTimeout), cutToken);
    }

    private Task<TokenSet> SendAsync(TokenRequest request, CancellationToken cutToken) =>
        new TokenRequestSender(_http, _time, request).SendAsync(cutToken);

    private static async Task<TokenSet> ForCallerAsync(Task<TokenSet> sending, CancellationToken cancellationToken)
    {
        try
        {
            return await sending.ConfigureAwait(false);
        }
        catch (TokenRequestException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(
                "The wait for the token endpoint was canceled.", exception, cancellationToken);
        }
    }

    private static void RequireText(string value, string name)
    {
        ArgumentNullException.ThrowIfNull(value, name);
        if (!CodeRule.Allows(value))
        {
            throw new ArgumentException(
                "It is blank, longer than 8,192 characters or has control characters: pass it as it came.", name);
        }
    }
}
