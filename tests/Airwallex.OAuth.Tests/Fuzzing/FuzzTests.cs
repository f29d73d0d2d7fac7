using System.Globalization;
using System.Net;
using CsCheck;

namespace Airwallex.OAuth.Tests.Fuzzing;

/// <summary>
/// What comes from outside, in every shape: token responses and callbacks. Nothing crashes, hangs or throws outside the contract.
/// Each test runs some thousand cases; AIRWALLEX_FUZZ_CASES sets how many.
/// </summary>
public sealed class FuzzTests
{
    private const string SentToken = "refresh-token-that-was-sent";
    private const string Secret = "client-secret-that-was-sent";

    private static readonly long Cases =
        long.TryParse(Environment.GetEnvironmentVariable("AIRWALLEX_FUZZ_CASES"), CultureInfo.InvariantCulture, out var cases)
            ? cases : 5_000;

    [Fact]
    public Task Sound_refresh_token_is_never_dropped_whatever_else_is_odd() =>
        TokenResponses.WithSoundRefreshToken.SampleAsync(
            async response =>
            {
                var tokens = await RefreshAsync(response.Body, HttpStatusCode.OK, response.Encoding);

                Assert.Equal(response.RefreshToken, tokens.RefreshToken);
                Assert.DoesNotContain(response.RefreshToken.PadRight(12, '\0'), tokens.ToString(), StringComparison.Ordinal);
            },
            iter: Cases);

    [Fact]
    public Task Damaged_response_is_read_or_refused_in_words_without_secrets() =>
        TokenResponses.Damaged.SampleAsync(
            async response =>
            {
                try
                {
                    await RefreshAsync(response.Body, (HttpStatusCode)response.Status, response.Encoding);
                }
                catch (TokenRequestException exception)
                {
                    Assert.DoesNotContain(SentToken, exception.ToString(), StringComparison.Ordinal);
                    Assert.DoesNotContain(Secret, exception.ToString(), StringComparison.Ordinal);
                }
            },
            iter: Cases);

    [Fact]
    public void Callback_is_read_or_refused() => Callbacks.Urls.Sample(
        url =>
        {
            try
            {
                var response = AuthorizationResponse.Parse(url);
                Assert.True((response.Code is null) != (response.Error is null));
            }
            catch (FormatException)
            {
                // The contract's way of saying no.
            }
        },
        iter: Cases);

    [Fact]
    public void Access_token_is_decoded_or_not() => Callbacks.AccessTokens.Sample(
        token => AccessTokenExpiry.TryRead(token, out _) || true,
        iter: Cases);

    private static async Task<TokenSet> RefreshAsync(byte[] body, HttpStatusCode status, string? encoding)
    {
        using var http = new HttpClient(new OneResponse(body, status, encoding));
        var options = new AirwallexOAuthOptions { ClientId = "client", ClientSecret = Secret };
        return await new TokenClient(http, options, TimeProvider.System).RefreshAsync(SentToken);
    }

    private sealed class OneResponse(byte[] body, HttpStatusCode status, string? encoding) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new ByteArrayContent(body);
            if (encoding is not null)
            {
                content.Headers.ContentEncoding.Add(encoding);
            }

            return Task.FromResult(new HttpResponseMessage(status) { Content = content });
        }
    }
}
