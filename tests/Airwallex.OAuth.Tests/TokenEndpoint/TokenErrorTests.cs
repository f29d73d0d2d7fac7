using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>Responses that refuse.</summary>
public sealed class TokenErrorTests : TokenEndpointTest
{
    [Fact]
    public async Task An_error_in_the_form_of_RFC_6749_is_read()
    {
        var refused = await FailAsync(
            """
            {"error":"invalid_grant","error_description":"OAuth 2.0 Parameter: refresh_token","trace_id":"trace_1"}
            """,
            HttpStatusCode.BadRequest);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal("invalid_grant", refused.Error);
        Assert.Equal("OAuth 2.0 Parameter: refresh_token", refused.ErrorDescription);
        Assert.Equal("trace_1", refused.TraceId);
        Assert.Equal("acct_1", refused.AccountId);
        Assert.False(refused.IsTransient);
        Assert.True(refused.IsInvalidGrant);
        Assert.True(refused.IsDecision);
        Assert.False(refused.RequestNotSent);
        Assert.Null(refused.RetryAfter);
        Assert.Equal(
            "The token endpoint's response to the refresh of account acct_1 is 400 (invalid_grant: OAuth 2.0 "
            + "Parameter: refresh_token). The refresh token is refused for good; the customer must authorize again.",
            refused.Message);
    }

    [Fact]
    public async Task An_error_in_Airwallexs_own_form_is_read()
    {
        var refused = await FailAsync(
            """
            {
              "code":"invalid_client", "message":"Client authentication failed.", "source":"client_id",
              "trace_id":"trace_1", "details":{}
            }
            """, HttpStatusCode.Unauthorized);

        Assert.Equal("invalid_client", refused.Error);
        Assert.Equal("Client authentication failed.", refused.ErrorDescription);
        Assert.Equal("trace_1", refused.TraceId);
        Assert.False(refused.IsInvalidGrant);
        Assert.True(refused.IsDecision);
        Assert.Contains("Check ClientId and ClientSecret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RFC_6749_is_preferred_when_an_error_is_in_both_forms()
    {
        var refused = await FailAsync(
            """{"code":"other","message":"theirs","error":"invalid_grant","error_description":"the RFC's"}""",
            HttpStatusCode.BadRequest);

        Assert.Equal(("invalid_grant", "the RFC's"), (refused.Error, refused.ErrorDescription));
    }

    [Fact]
    public async Task An_error_in_Airwallexs_own_form_is_read_although_its_encoding_is_misstated()
    {
        Respond(_ =>
        {
            var content = new StringContent("""{"code":"invalid_grant"}""");
            content.Headers.ContentEncoding.Add("gzip");
            return new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = content };
        });

        Assert.True((await FailAsync()).IsInvalidGrant);
    }

    [Fact]
    public async Task A_code_that_is_refused_says_what_to_do()
    {
        Respond("""{"error":"invalid_grant"}""", HttpStatusCode.BadRequest);

        var refused = await Assert.ThrowsAsync<TokenRequestException>(() => Client.ExchangeCodeAsync("code-1"));

        Assert.Equal(
            "The token endpoint's response to the exchange of an authorization code is 400 (invalid_grant). The code "
            + "is refused for good; let the customer start again.", refused.Message);
    }

    [Theory]
    [InlineData("""{"message":"Something."}""", " is 403 (Something.). Check the application's configuration")]
    [InlineData("""{"error":"e"}""", " is 403 (e). Check")]
    [InlineData("{}", " is 403. Check")]
    public async Task The_message_says_what_is_known(string body, string said) =>
        Assert.Contains(said, (await FailAsync(body, HttpStatusCode.Forbidden)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("<html>Bad gateway</html>")]
    [InlineData("[1]")]
    [InlineData("""{"error":{"nested":true},"message":17}""")]
    [InlineData("""{"error":"\ud800"}""")]
    [InlineData("""{"error":" "}""")]
    public async Task An_error_in_no_known_form_still_has_its_status(string body)
    {
        var refused = await FailAsync(body, HttpStatusCode.BadRequest);

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Null(refused.Error);
        Assert.Null(refused.ErrorDescription);
        Assert.False(refused.IsInvalidGrant);
        Assert.False(refused.IsTransient);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("")]
    public async Task A_compressed_error_with_a_mark_is_read(string encoding)
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionMode.Compress, leaveOpen: true))
        {
            gzip.Write([0xEF, 0xBB, 0xBF, .. """{"error":"invalid_grant"}"""u8]);
        }

        Respond(_ =>
        {
            var content = new ByteArrayContent(body.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            return new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = content };
        });

        Assert.True((await FailAsync()).IsInvalidGrant);
    }

    [Theory]
    [InlineData("{\"error\":\"\xff\xfe\",\"code\":\"invalid_grant\"}")]
    [InlineData("{\"x\":NaN,\"error\":\"invalid_grant\"}")]
    [InlineData("""{"error":"invalid_grant","error_description":"\ud800"}""")]
    [InlineData("""{"error":"invalid_grant","error_descri""")]
    [InlineData("""{"error":null,"code":"invalid_grant"}""")]
    [InlineData("""{"Error":" invalid_grant\n"}""")]
    public async Task Damage_elsewhere_does_not_hide_the_error_code(string body)
    {
        Respond(_ => new HttpResponseMessage(HttpStatusCode.BadRequest)
        {
            Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body)),
        });

        Assert.True((await FailAsync()).IsInvalidGrant);
    }

    [Theory]
    [InlineData(300, false, false)]
    [InlineData(301, false, false)]
    [InlineData(399, false, false)]
    [InlineData(400, false, true)]
    [InlineData(401, false, true)]
    [InlineData(403, false, true)]
    [InlineData(404, false, true)]
    [InlineData(408, true, false)]
    [InlineData(424, false, true)]
    [InlineData(425, true, false)]
    [InlineData(426, false, true)]
    [InlineData(429, true, true)]
    [InlineData(499, false, true)]
    [InlineData(500, true, false)]
    [InlineData(501, true, false)]
    [InlineData(503, true, false)]
    [InlineData(599, true, false)]
    [InlineData(600, true, false)]
    [InlineData(200, true, false)]
    [InlineData(204, true, false)]
    [InlineData(299, true, false)]
    public async Task The_status_says_whether_it_is_transient_and_whether_it_is_a_decision(
        int status, bool isTransient, bool isDecision)
    {
        var failed = await FailAsync("""{"error":"invalid_grant"}""", (HttpStatusCode)status);

        Assert.Equal(isTransient, failed.IsTransient);
        Assert.Equal(isDecision, failed.IsDecision);
        Assert.Equal(isDecision && !isTransient, failed.IsInvalidGrant);
        Assert.Equal(status == 429, failed.IsTooManyRequests);
        Assert.Equal("invalid_grant", failed.Error);
    }

    [Theory]
    [InlineData(429, "Another refresh is in flight, or the rate limit is reached; it may succeed later.")]
    [InlineData(500, "It may succeed later.")]
    [InlineData(200, "It may succeed later. If it goes on, tell Airwallex's support.")]
    public async Task What_may_pass_says_so(int status, string advice) =>
        Assert.EndsWith(advice, (await FailAsync("{}", (HttpStatusCode)status)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(HttpStatusCode.Found)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    [InlineData(HttpStatusCode.PermanentRedirect)]
    public async Task A_redirect_is_an_error(HttpStatusCode status)
    {
        var refused = await FailAsync("", status, headers => headers.Location = new Uri("https://elsewhere.example/"));

        Assert.Contains("Redirects would carry the client secret away", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsTransient);
    }

    [Fact]
    public async Task A_refusal_whose_words_did_not_arrive_may_pass()
    {
        using var silent = BreakingAfter("{\"err");
        using var telling = BreakingAfter("{\"error\":\"invalid_grant\",");

        var unknown = await FailAsync(silent);
        var known = await FailAsync(telling);

        Assert.True(unknown.IsTransient);
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.IsType<IOException>(unknown.InnerException);
        Assert.True(known.IsInvalidGrant);
    }

    [Theory]
    [InlineData("7", 7.0)]
    [InlineData(" 7 ", 7.0)]
    [InlineData("0", 0.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("120", 120.0)]
    [InlineData("86400", 86400.0)]
    [InlineData("86401", 86400.0)]
    [InlineData("99999999999999999999", 86400.0)]
    [InlineData("1e999", 86400.0)]
    [InlineData("-7", null)]
    [InlineData("NaN", null)]
    [InlineData("soon", null)]
    [InlineData("", null)]
    [InlineData("Thu, 01 Jan 2026 12:00:09 GMT", 9.0)]
    [InlineData("Thu, 01 Jan 2026 12:00:00 GMT", null)]
    [InlineData("Thu, 01 Jan 2026 11:59:51 GMT", null)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0)]
    public async Task Retry_After_is_read_in_seconds_and_as_a_date(string header, double? seconds)
    {
        var failed = await FailAsync(
            "{}", HttpStatusCode.ServiceUnavailable, headers => headers.TryAddWithoutValidation("Retry-After", header));

        Assert.Equal(seconds, failed.RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-86400)]
    public async Task A_date_counts_from_the_servers_own_clock(int ahead)
    {
        var theirs = Time.GetUtcNow().AddSeconds(ahead);
        var failed = await FailAsync("{}", HttpStatusCode.TooManyRequests, headers =>
        {
            headers.Date = theirs;
            headers.TryAddWithoutValidation(
                "Retry-After", theirs.AddSeconds(40).ToString("R", CultureInfo.InvariantCulture));
        });

        Assert.Equal(TimeSpan.FromSeconds(40), failed.RetryAfter);
    }

    [Fact]
    public async Task An_unusable_response_may_say_when_to_try_again()
    {
        var failed = await FailAsync(
            "{}", HttpStatusCode.Accepted, headers => headers.TryAddWithoutValidation("Retry-After", "7"));

        Assert.Equal(TimeSpan.FromSeconds(7), failed.RetryAfter);
    }

    [Fact]
    public async Task Secrets_that_the_server_quotes_are_hidden()
    {
        Respond(
            """
            {"error":"invalid_grant","error_description":"code code-1, verifier verifier-1, secret s3cret/+&= wrong"}
            """,
            HttpStatusCode.BadRequest);
        var exchange = await Assert.ThrowsAsync<TokenRequestException>(
            () => Client.ExchangeCodeAsync("code-1", codeVerifier: "verifier-1"));
        var refresh = await FailAsync(
            $$"""{"code":"{{UsedToken}}","message":"x","trace_id":"{{UsedToken}}"}""", HttpStatusCode.BadRequest);

        Assert.Equal("code ***, verifier ***, secret *** wrong", exchange.ErrorDescription);
        Assert.Equal("***", refresh.Error);
        Assert.Equal("***", refresh.TraceId);
        Assert.DoesNotContain(UsedToken, refresh.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("invalid_grant", true)]
    [InlineData("invalid_client", false)]
    [InlineData("too_many_requests", false)]
    public async Task A_short_secret_does_not_hide_a_decision(string error, bool isInvalidGrant)
    {
        Options.ClientSecret = "i";

        var refused = await FailAsync($$"""{"error":"{{error}}","error_description":"i"}""", HttpStatusCode.BadRequest);

        Assert.Equal(error, refused.Error);
        Assert.Equal(isInvalidGrant, refused.IsInvalidGrant);
        Assert.Equal("***", refused.ErrorDescription);
    }

    [Fact]
    public async Task A_refusal_is_told_even_when_the_request_had_an_empty_secret()
    {
        Options.ClientSecret = "";

        var refused = await FailAsync(
            """{"error":"invalid_client","error_description":"no secret"}""", HttpStatusCode.Unauthorized);

        Assert.Equal("no secret", refused.ErrorDescription);
    }

    [Fact]
    public async Task Text_from_the_server_is_cleaned_of_control_characters_and_cut()
    {
        var description = "first\r\nFAKE LOG LINE\t" + new string('x', 5000);

        var json = JsonSerializer.Serialize(description);

        var refused = await FailAsync($$"""{"error":"e","error_description":{{json}}}""", HttpStatusCode.BadRequest);

        Assert.StartsWith("first  FAKE LOG LINE xxx", refused.ErrorDescription, StringComparison.Ordinal);
        Assert.Equal(300, refused.ErrorDescription!.Length);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static Pipeline BreakingAfter(string text) => new(_ => Task.FromResult(
        new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StreamContent(new Breaks(text)) }));

    private sealed class Breaks(string text) : MemoryStream(Encoding.UTF8.GetBytes(text))
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException(
                "Broken.");
    }
}
