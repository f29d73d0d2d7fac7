using System.Globalization;
using System.Net;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Fuzzing;

/// <summary>
/// What comes from outside, in every shape: responses, failing pipelines, redirects, access tokens. Nothing crashes, hangs
/// or throws outside the contract. Each test takes 5,000 cases; AIRWALLEX_FUZZ_CASES sets how many.
/// </summary>
public sealed class FuzzTests
{
    private const string Secret = "s3cr3t+/ Zx%=\u00e9";
    private const string UsedToken = "Used-Refresh-Token_0123456789";

    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly long Cases = long.Parse(
        Environment.GetEnvironmentVariable("AIRWALLEX_FUZZ_CASES") ?? "5000", CultureInfo.InvariantCulture);

    private static readonly AirwallexOAuthOptions Options = new()
    {
        ClientId = "client_1",
        ClientSecret = Secret,
        RedirectUri = new Uri("https://example.com/callback"),
    };

    private static readonly TokenSet Previous = new()
    {
        AccountId = "acct_1",
        AccessToken = "access-token-1",
        AccessTokenExpiresAt = Now,
        RefreshToken = UsedToken,
        RefreshTokenExpiresAt = Now.AddDays(50),
        Scopes = ["scope:before"],
        IssuedAt = Now.AddSeconds(-300),
    };

    private static readonly Gen<bool> Seldom = Gen.Int[0, 31].Select(number => number == 0);

    // What a server that echoes the request, whole or in parts, may make of it.
    private static readonly Gen<string> Echo = Gen.Select(
        Gen.OneOf(Secret, UsedToken, $"client_1:{Secret}", $"x&client_secret={Secret}&refresh_token={UsedToken}&"),
        Gen.OneOf<Func<string, string>>(
            text => text, Uri.EscapeDataString, WebUtility.UrlEncode!, WebUtility.HtmlEncode!, TokenResponses.Quote,
            text => Uri.EscapeDataString(text).ToLowerInvariant(), text => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text))),
        TokenResponses.Text, TokenResponses.Text)
        .Select((text, encode, before, after) => before + encode(text) + after);

    [Fact]
    public void A_sound_refresh_token_is_never_dropped() =>
        Gen.Select(TokenResponses.BodyWithToken, Gen.Bool, Gen.OneOf(200, 200, 201, 299), Seldom)
            .Sample(
                (body, isHeaderKept, status, breaks) =>
                {
                    // Without its header, only one of these shows itself.
                    var encodings = isHeaderKept || body.Encodings is not (["gzip"] or ["br"]) ? body.Encodings : [];
                    using var wire = new Wire(() => Response(status, body.Body, encodings, breaks));
                    var (tokens, _) = Refresh(wire);

                    return tokens?.RefreshToken == body.Token && IsSound(tokens);
                },
                iter: Cases, threads: 1);

    [Fact]
    public void Whatever_comes_is_tokens_or_a_failure_without_secrets() =>
        Gen.Select(TokenResponses.MutatedBody, TokenResponses.Header.Array[0, 3], Gen.Int[200, 599], Seldom, Echo, Gen.Int[0, 29])
            .Sample(
                (body, headers, status, breaks, echo, pipeline) =>
                {
                    var content = pipeline == 0 ? ErrorBody(echo) : body;
                    using var wire = new Wire(() => pipeline switch
                    {
                        1 => throw new HttpRequestException(echo),
                        _ => Response(status, content, [], breaks, headers),
                    });
                    var (tokens, failure) = Refresh(wire);

                    return tokens is not null ? status < 300 && IsSound(tokens) : IsProper(failure!, pipeline == 1 ? null : status, breaks, quotes: pipeline <= 1);
                },
                iter: Cases, threads: 1);

    [Fact]
    public void Whatever_a_browser_brings_is_a_code_or_an_error_or_refused() => Callbacks.Urls.Sample(
        url =>
        {
            try
            {
                var response = AuthorizationResponse.Parse(url);
                return (response.Code is null) != (response.Error is null)
                    && (response.Code is not { } code || (code.Length is > 0 and <= 8192 && !code.Any(char.IsControl)))
                    && !AuthorizationState.Matches(response.State, null);
            }
            catch (FormatException)
            {
                return true; // The contract's way of refusing.
            }
        },
        iter: Cases, threads: 1);

    [Fact]
    public void Whatever_is_sent_as_an_access_token_has_a_lifetime_or_not() => Callbacks.AccessTokens.Sample(
        token => (AccessTokenExpiry.TryRead(token, out var expiresAt) || expiresAt == default)
            && AccessTokenExpiry.ReadLifetime(token) is null or { Ticks: >= 0 },
        iter: Cases, threads: 1);

    private static (TokenSet? Tokens, TokenRequestException? Failure) Refresh(Wire wire)
    {
        using var http = new HttpClient(wire) { Timeout = Timeout.InfiniteTimeSpan };
        var refresh = new TokenClient(http, Options, new FakeTimeProvider(Now)).SendAsync(
            new RefreshTokenRequest
            {
                Options = Options,
                RefreshToken = UsedToken,
                Previous = Previous,
                ResponseTimeout = TimeSpan.FromSeconds(8),
            },
            CancellationToken.None);

        // The wire responds at once: a call that is not over now hangs.
        Assert.True(refresh.IsCompleted);
        return refresh.IsCompletedSuccessfully ? (refresh.Result, null)
            : (null, Assert.IsType<TokenRequestException>(refresh.Exception?.InnerException));
    }

    private static bool IsSound(TokenSet tokens) =>
        tokens.AccountId == "acct_1"
        && tokens.RefreshToken.Length is >= 1 and <= 8192 && tokens.RefreshToken.All(c => c is >= '!' and <= '~')
        && tokens.AccessToken.Length <= 16384 && tokens.AccessToken.All(c => c is >= '!' and <= '~')
        && tokens.IssuedAt == Now && tokens.AccessTokenExpiresAt >= Now && tokens.RefreshTokenExpiresAt >= Now
        && tokens.Scopes.Count > 0 && tokens.Scopes.Sum(scope => scope.Length) <= 16384
        && (tokens.RefreshToken.Length < 8 || !$"{tokens} {tokens.Oddities}".Contains(tokens.RefreshToken, StringComparison.Ordinal));

    private static bool IsProper(TokenRequestException failure, int? status, bool breaks, bool quotes)
    {
        // With its stack trace where there is a secret to be found; writing one takes most of the time.
        var said = $"{(quotes ? failure : failure.Message)} {failure.Error} {failure.ErrorDescription} {failure.TraceId}";
        var decoded = WebUtility.HtmlDecode(Uri.UnescapeDataString(said.Replace('+', ' '))).Replace('+', ' ');
        return (int?)failure.StatusCode == status
            && failure.IsTransient == (status is null or < 300 or 408 or 425 or 429 or >= 500
                || (breaks && status >= 400 && failure.Error is null))
            && (failure.RetryAfter is not { } wait || (wait >= TimeSpan.Zero && wait <= TimeSpan.FromDays(1)))
            && failure.ErrorDescription is not { Length: > 300 } && failure.Error is not { Length: > 300 }
            && !failure.Message.Any(char.IsControl)
            && !said.Contains(Secret, StringComparison.Ordinal) && !said.Contains(UsedToken, StringComparison.Ordinal)
            && !decoded.Contains(Secret.Replace('+', ' '), StringComparison.Ordinal) && !decoded.Contains(UsedToken, StringComparison.Ordinal)
            && !said.Contains("UmVmcmVzaC1Ub2tlb", StringComparison.Ordinal);
    }

    private static byte[] ErrorBody(string echo) => System.Text.Encoding.UTF8.GetBytes(
        $$"""{"error":{{TokenResponses.Quote(echo)}},"error_description":{{TokenResponses.Quote(echo)}},"trace_id":{{TokenResponses.Quote(echo)}}}""");

    private static HttpResponseMessage Response(
        int status, byte[] body, string[] encodings, bool breaks, (string Name, string Value)[]? headers = null)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = breaks ? new StreamContent(new Breaking(body)) : new ByteArrayContent(body),
        };
        foreach (var (name, value) in headers ?? [])
        {
            response.Headers.TryAddWithoutValidation(name, value);
            response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        response.Content.Headers.TryAddWithoutValidation("Content-Encoding", encodings);
        return response;
    }

    private sealed class Wire(Func<HttpResponseMessage> respond) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(respond());
    }

    private sealed class Breaking(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Read(buffer.Span) is > 0 and var read ? new(read) : throw new IOException("The connection broke.");
    }
}
