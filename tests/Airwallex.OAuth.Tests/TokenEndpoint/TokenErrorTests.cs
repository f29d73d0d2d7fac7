using System.Net;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>Answers that say no.</summary>
public sealed class TokenErrorTests : TokenEndpointTest
{
    [Fact]
    public async Task An_error_in_the_form_of_RFC_6749_is_read()
    {
        var refused = await RefuseAsync(
            """{"error":"invalid_grant","error_description":"OAuth 2.0 Parameter: refresh_token","trace_id":"trace_1"}""", HttpStatusCode.BadRequest);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("invalid_grant", refused.Error);
        Assert.Equal("OAuth 2.0 Parameter: refresh_token", refused.ErrorDescription);
        Assert.Equal("trace_1", refused.TraceId);
        Assert.False(refused.IsTransient);
        Assert.True(refused.IsInvalidGrant);
    }

    [Fact]
    public async Task An_error_in_Airwallexs_own_form_is_read()
    {
        var refused = await RefuseAsync(
            """{"code":"invalid_client","message":"Client authentication failed.","source":"client_id","trace_id":"trace_1","details":{}}""",
            HttpStatusCode.Unauthorized);

        Assert.Equal("invalid_client", refused.Error);
        Assert.Equal("Client authentication failed.", refused.ErrorDescription);
        Assert.Equal("trace_1", refused.TraceId);
        Assert.Contains("ClientSecret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("[1]")]
    [InlineData("""{"error":{"nested":true},"message":17}""")]
    [InlineData("""{"error":"\ud800"}""")]
    public async Task An_error_in_no_known_form_still_has_its_status(string body)
    {
        var refused = await RefuseAsync(body, HttpStatusCode.BadRequest);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Null(refused.Error);
        Assert.False(refused.IsInvalidGrant);
    }

    [Fact]
    public async Task An_error_that_is_no_valid_UTF_8_still_has_its_status()
    {
        Answer(_ => new HttpResponseMessage(HttpStatusCode.BadRequest)
        {
            Content = new ByteArrayContent([.. "{\"error\":\""u8, 0xff, 0xfe, .. "\"}"u8]),
        });

        var refused = await Assert.ThrowsAsync<TokenRequestException>(() => Client.RefreshAsync(SpentToken));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task A_description_that_is_no_text_does_not_hide_the_error_code() =>
        Assert.True((await RefuseAsync("""{"error":"invalid_grant","error_description":"\ud800"}""", HttpStatusCode.BadRequest)).IsInvalidGrant);

    [Theory]
    [InlineData(HttpStatusCode.RequestTimeout, true)]
    [InlineData(HttpStatusCode.TooManyRequests, true)]
    [InlineData(HttpStatusCode.InternalServerError, true)]
    [InlineData(HttpStatusCode.BadGateway, true)]
    [InlineData(HttpStatusCode.ServiceUnavailable, true)]
    [InlineData(HttpStatusCode.BadRequest, false)]
    [InlineData(HttpStatusCode.Unauthorized, false)]
    [InlineData(HttpStatusCode.Forbidden, false)]
    [InlineData(HttpStatusCode.NotFound, false)]
    [InlineData(HttpStatusCode.NoContent, false)]
    public async Task The_status_says_whether_it_is_transient(HttpStatusCode status, bool isTransient) =>
        Assert.Equal(isTransient, (await RefuseAsync("{}", status)).IsTransient);

    [Fact]
    public async Task A_failing_server_that_says_invalid_grant_refuses_nothing_for_good() =>
        Assert.False((await RefuseAsync("""{"error":"invalid_grant"}""", HttpStatusCode.InternalServerError)).IsInvalidGrant);

    [Fact]
    public async Task Retry_After_is_read_in_seconds_and_as_a_date()
    {
        var inSeconds = await RefuseAsync("{}", HttpStatusCode.ServiceUnavailable, headers => headers.RetryAfter = new(TimeSpan.FromSeconds(7)));
        var asDate = await RefuseAsync("{}", HttpStatusCode.ServiceUnavailable, headers => headers.RetryAfter = new(Time.GetUtcNow().AddSeconds(9)));
        var inThePast = await RefuseAsync("{}", HttpStatusCode.ServiceUnavailable, headers => headers.RetryAfter = new(Time.GetUtcNow().AddSeconds(-9)));

        Assert.Equal(TimeSpan.FromSeconds(7), inSeconds.RetryAfter);
        Assert.Equal(TimeSpan.FromSeconds(9), asDate.RetryAfter);
        Assert.Null(inThePast.RetryAfter);
    }

    [Theory]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.PermanentRedirect)]
    public async Task A_redirect_is_an_error(HttpStatusCode status)
    {
        var refused = await RefuseAsync("", status, headers => headers.Location = new Uri("https://elsewhere.example/"));

        Assert.Contains("Redirects are not followed", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task Secrets_that_the_server_quotes_are_blacked_out()
    {
        Answer(
            """{"error":"invalid_grant","error_description":"code code-1, verifier verifier-1, secret s3cret/+&= are wrong"}""", HttpStatusCode.BadRequest);
        var exchange = await Assert.ThrowsAsync<TokenRequestException>(() => Client.ExchangeCodeAsync("code-1", codeVerifier: "verifier-1"));
        var refresh = await RefuseAsync($$"""{"code":"{{SpentToken}}","message":"x","trace_id":"{{SpentToken}}"}""", HttpStatusCode.BadRequest);

        Assert.Equal("code ***, verifier ***, secret *** are wrong", exchange.ErrorDescription);
        Assert.DoesNotContain(SpentToken, $"{refresh} {refresh.Error} {refresh.TraceId}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_told_even_when_the_request_had_an_empty_secret()
    {
        Options.ClientSecret = "";
        Answer("""{"error":"invalid_client","error_description":"no secret"}""", HttpStatusCode.Unauthorized);

        var refused = await Assert.ThrowsAsync<TokenRequestException>(() => Client.ExchangeCodeAsync("code-1", codeVerifier: ""));

        Assert.Equal("no secret", refused.ErrorDescription);
    }

    [Fact]
    public async Task Text_from_the_server_is_cleaned_of_control_characters_and_cut()
    {
        var description = "first\r\nFAKE LOG LINE\t" + new string('x', 5000);

        var refused = await RefuseAsync($$"""{"error":"e","error_description":{{System.Text.Json.JsonSerializer.Serialize(description)}}}""", HttpStatusCode.BadRequest);

        Assert.StartsWith("first  FAKE LOG LINE xxx", refused.ErrorDescription, StringComparison.Ordinal);
        Assert.Equal(300, refused.ErrorDescription!.Length);
        Assert.DoesNotContain('\n', refused.Message);
    }
}
