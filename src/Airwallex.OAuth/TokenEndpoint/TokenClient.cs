using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Speaks with Airwallex's token endpoint: one call, one request, no repetition and no store. Applications use
/// <see cref="AirwallexConnections"/>, which keeps what this returns; this is for those who keep it themselves. Thread-safe.
/// </summary>
/// <remarks>See "Exchange authorization code for tokens" and "Refresh access tokens" on Airwallex's page "Authorize new customers"; RFC 6749, sections 4.1.3 and 6.</remarks>
public sealed class TokenClient
{
    private const int LongestAnswer = 1024 * 1024;

    private static readonly TimeSpan ToleratedClockDifference = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http;
    private readonly Func<AirwallexOAuthOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates the client for the service container.</summary>
    [ActivatorUtilitiesConstructor]
    public TokenClient(HttpClient httpClient, IOptionsMonitor<AirwallexOAuthOptions> options, TimeProvider timeProvider, ILogger<TokenClient> logger)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        ArgumentNullException.ThrowIfNull(options);
        (_http, _options, _time, _logger) = (httpClient, () => options.CurrentValue, timeProvider, logger);
    }

    internal TokenClient(
        HttpClient httpClient, Func<AirwallexOAuthOptions> options, TimeProvider timeProvider, ILogger logger) =>
        (_http, _options, _time, _logger) = (httpClient, options, timeProvider, logger);

    /// <summary>Creates the client by hand. The handler behind <paramref name="httpClient"/> should not follow redirects: they would repeat the client secret to another address.</summary>
    public TokenClient(HttpClient httpClient, AirwallexOAuthOptions options, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(httpClient);
        ArgumentNullException.ThrowIfNull(options);
        (_http, _options, _time, _logger) = (httpClient, () => options, timeProvider ?? TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Exchanges an authorization code for tokens.</summary>
    /// <param name="code">The code from the redirect; it can be used once.</param>
    /// <param name="redirectUri">The redirect URI that the code was obtained with. Default: <see cref="AirwallexOAuthOptions.RedirectUri"/>.</param>
    /// <param name="codeVerifier">The verifier of the <see cref="Pkce"/> pair whose challenge was in the authorize URL. Default: none.</param>
    /// <param name="cancellationToken">Gives up waiting; the code may be spent all the same.</param>
    /// <exception cref="ArgumentException">The code is empty, or no redirect URI is known.</exception>
    /// <exception cref="TokenRequestException">The code was refused, or the answer was lost or cannot be used.</exception>
    public Task<TokenSet> ExchangeCodeAsync(string code, Uri? redirectUri = null, string? codeVerifier = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(code);

        var options = _options();
        List<KeyValuePair<string, string>> form =
        [
            new("client_id", options.ClientId),
            new("client_secret", options.ClientSecret),
            new("code", code),
            new("grant_type", "authorization_code"),
            new("redirect_uri", RedirectUriRule.Choose(redirectUri, options).OriginalString),
        ];
        List<string> secrets = [options.ClientSecret, code];
        if (codeVerifier is not null)
        {
            form.Add(new("code_verifier", codeVerifier));
            secrets.Add(codeVerifier);
        }

        return SendAsync(form, secrets, "the exchange of an authorization code", options, endBy: null, shortestSend: TimeSpan.Zero, cancellationToken);
    }

    /// <summary>
    /// Sends a refresh token once. On success it is superseded: save the new one before anything else. After a lost answer the same
    /// token may be sent again for 60 s, by one caller at a time.
    /// </summary>
    /// <param name="refreshToken">The refresh token issued last.</param>
    /// <param name="cancellationToken">Gives up waiting; the refresh token may be spent all the same.</param>
    /// <exception cref="ArgumentException">The refresh token is empty.</exception>
    /// <exception cref="TokenRequestException">The refresh token was refused, or the answer was lost or cannot be used.</exception>
    public Task<TokenSet> RefreshAsync(string refreshToken, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(refreshToken);
        return RefreshAsync(refreshToken, "a refresh", endBy: null, shortestSend: TimeSpan.Zero, cancellationToken);
    }

    /// <summary>
    /// Sends a refresh token once. Every failure is a <see cref="TokenRequestException"/>, whoever threw it; a cut by
    /// <paramref name="cutToken"/> too.
    /// </summary>
    internal Task<TokenSet> SendAsync(RefreshTokenRequest request, CancellationToken cutToken) => throw new NotImplementedException();

    private Task<TokenSet> RefreshAsync(string refreshToken, string what, DateTimeOffset? endBy, TimeSpan shortestSend, CancellationToken cancellationToken)
    {
        var options = _options();
        KeyValuePair<string, string>[] form =
        [
            new("client_id", options.ClientId),
            new("client_secret", options.ClientSecret),
            new("grant_type", "refresh_token"),
            new("refresh_token", refreshToken),
        ];
        return SendAsync(form, [options.ClientSecret, refreshToken], what, options, endBy, shortestSend, cancellationToken);
    }

    private async Task<TokenSet> SendAsync(
        IEnumerable<KeyValuePair<string, string>> form, List<string> secrets, string what, AirwallexOAuthOptions options,
        DateTimeOffset? endBy, TimeSpan shortestSend, CancellationToken cancellationToken)
    {
        // Lifetimes count from before the request was sent: the server cannot have issued the tokens earlier.
        var sentAt = _time.GetUtcNow();
        var left = endBy - sentAt ?? TimeSpan.MaxValue;
        var limit = left < TimeSpan.FromSeconds(8) ? left : TimeSpan.FromSeconds(8);
        var tooLate = endBy - shortestSend ?? DateTimeOffset.MaxValue;
        if (sentAt > tooLate)
        {
            throw new TokenRequestException($"Nothing was sent: too little time was left for {what}.") { IsTransient = true, RequestNotSent = true };
        }

        using var content = new TokenRequestContent(form, tooLate, _time);
        using var request = new HttpRequestMessage(HttpMethod.Post, AirwallexEndpoints.For(options).TokenEndpoint) { Content = content };
        request.Headers.Accept.ParseAdd("application/json");
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);

        var body = ReadOnlyMemory<byte>.Empty;
        var outcome = await TransientFailures.CaptureAsync(async () =>
        {
            try
            {
                var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
                body = await ReadBodyAsync(answer.Content, either.Token).ConfigureAwait(false);
                return answer;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException($"No answer came within {limit.TotalSeconds:0.###} s.");
            }
        }).ConfigureAwait(false);

        if (outcome.Response is not { } response)
        {
            var advice = content.WasStarted
                ? "Airwallex may have processed it all the same."
                : "Nothing was sent.";
            throw new TokenRequestException($"The token endpoint could not be reached for {what}: {outcome.Exception!.Message} {advice}", outcome.Exception)
            {
                IsTransient = true,
                RequestNotSent = !content.WasStarted,
            };
        }

        using (response)
        {
            return response.IsSuccessStatusCode
                ? ReadTokens(response, body, sentAt, what)
                : throw Refusal(response, body, secrets, outcome.IsTransient, what);
        }
    }

    private TokenSet ReadTokens(HttpResponseMessage response, ReadOnlyMemory<byte> body, DateTimeOffset sentAt, string what)
    {
        string? fault;
        TokenSet? tokens = null;
        if (body.Length > LongestAnswer)
        {
            fault = "it is longer than 1 MiB";
        }
        else
        {
            try
            {
                var answer = JsonSerializer.Deserialize(body.Span, TokenResponseJson.Default.TokenResponse);
                fault = "it is empty";
                tokens = answer?.Read(sentAt, out fault);
            }
            catch (JsonException exception)
            {
                // The path names the field; the rest of the message may quote the body.
                fault = $"it is no token response in JSON (content type {response.Content.Headers.ContentType?.MediaType ?? "unknown"}, at {exception.Path ?? "its start"})";
            }
        }

        return tokens is not null
            ? tokens with { AccessTokenExpiresAt = ExpiryOf(tokens) }
            : throw new TokenRequestException(
                $"The token endpoint answered {what} with {(int)response.StatusCode}, but the answer cannot be used: {fault}. Nothing was overwritten. If it goes on, tell Airwallex's support.")
            {
                StatusCode = response.StatusCode,
            };
    }

    private DateTimeOffset ExpiryOf(TokenSet tokens)
    {
        if (!AccessTokenExpiry.TryRead(tokens.AccessToken, out var exp))
        {
            return tokens.AccessTokenExpiresAt;
        }

        var now = _time.GetUtcNow();
        if (exp < now - ToleratedClockDifference)
        {
            _logger.AccessTokenExpiryOutOfStep(tokens.AccountId, exp, now);
            return tokens.AccessTokenExpiresAt;
        }

        return exp < tokens.AccessTokenExpiresAt ? exp : tokens.AccessTokenExpiresAt;
    }

    private TokenRequestException Refusal(HttpResponseMessage response, ReadOnlyMemory<byte> body, List<string> secrets, bool isTransient, string what)
    {
        var error = ErrorResponse.Read(body, secrets);
        var status = (int)response.StatusCode;
        var advice = response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => "Another refresh is in flight, or the rate limit is reached; it may succeed later.",
            _ when isTransient => "It may succeed later.",
            _ when error.Error == "invalid_grant" => "The code or refresh token is refused for good; the customer must authorize again.",
            _ when error.Error == "invalid_client" => "Check ClientId and ClientSecret; the connection itself is untouched.",
            _ when status is >= 300 and < 400 => "Redirects are not followed, because they would repeat the client secret; check TokenEndpoint.",
            _ => "Check the application's configuration at Airwallex; the connection itself is untouched.",
        };
        var said = (error.Error, error.Description) switch
        {
            (null, null) => "",
            (var code, null) => $" ({code})",
            (null, var text) => $" ({text})",
            var (code, text) => $" ({code}: {text})",
        };

        return new TokenRequestException($"The token endpoint answered {what} with {status}{said}. {advice}")
        {
            StatusCode = response.StatusCode,
            Error = error.Error,
            ErrorDescription = error.Description,
            TraceId = error.TraceId,
            IsTransient = isTransient || response.StatusCode == HttpStatusCode.TooManyRequests,
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } when date > _time.GetUtcNow() => date - _time.GetUtcNow(),
                _ => null,
            },
        };
    }

    // At most one byte more than is allowed, which then tells that it was too long.
    private static async Task<ReadOnlyMemory<byte>> ReadBodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[8192];
        int read;
        while (body.Length <= LongestAnswer && (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            body.Write(buffer, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }
}
