using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>Successful answers, and those that only look so.</summary>
public sealed class TokenResponseTests : TokenEndpointTest
{
    [Fact]
    public async Task A_good_answer_becomes_a_token_set_whose_lifetimes_count_from_before_the_request()
    {
        var sentAt = Time.GetUtcNow();
        Answer(_ =>
        {
            Time.Advance(TimeSpan.FromSeconds(3)); // On the way.
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodAnswer) };
        });

        var tokens = await Client.RefreshAsync(SpentToken);

        Assert.Equal("acct_1", tokens.AccountId);
        Assert.Equal("access-token-2", tokens.AccessToken);
        Assert.Equal("refresh-token-2", tokens.RefreshToken);
        Assert.Equal(sentAt, tokens.IssuedAt);
        Assert.Equal(sentAt.AddSeconds(300), tokens.AccessTokenExpiresAt);
        Assert.Equal(sentAt.AddDays(90), tokens.RefreshTokenExpiresAt);
        Assert.Equal(["r:awx_action:balances_view", "balance:read"], tokens.Scopes);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("BEARER")]
    public async Task The_token_type_is_compared_without_case(string type)
    {
        Answer(With("token_type", type));

        Assert.Equal("access-token-2", (await Client.RefreshAsync(SpentToken)).AccessToken);
    }

    [Fact]
    public async Task Unknown_fields_are_ignored_and_a_missing_scope_is_none()
    {
        var answer = JsonNode.Parse(GoodAnswer)!.AsObject();
        answer.Remove("scope");
        answer["org_id"] = "org_1";
        answer["data"] = new JsonObject { ["refresh_token"] = 7 };
        Answer(answer.ToJsonString());

        Assert.Empty((await Client.RefreshAsync(SpentToken)).Scopes);
    }

    [Fact]
    public async Task Lifetimes_may_have_fractions()
    {
        Answer(WithJson("expires_in", "299.5"));

        Assert.Equal(Time.GetUtcNow().AddSeconds(299.5), (await Client.RefreshAsync(SpentToken)).AccessTokenExpiresAt);
    }

    [Theory]
    [InlineData("<html><body>Sign in</body></html>")]
    [InlineData("")]
    [InlineData("{\"access_token\": \"access-token-2\", \"account")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("42")]
    [InlineData("{}")]
    public async Task An_answer_that_is_no_token_response_is_refused(string body)
    {
        var refused = await RefuseAsync(body);

        Assert.Contains("cannot be used", refused.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, refused.StatusCode);
        Assert.False(refused.IsTransient);
        Assert.False(refused.NothingSent); // The server may have rotated.
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("account_id")]
    [InlineData("expires_in")]
    [InlineData("refresh_token")]
    [InlineData("refresh_token_expires_in")]
    [InlineData("token_type")]
    public async Task An_answer_without_a_field_is_refused_by_the_name_of_the_field(string field)
    {
        var answer = JsonNode.Parse(GoodAnswer)!.AsObject();
        answer.Remove(field);
        Assert.Contains(field, (await RefuseAsync(answer.ToJsonString())).Message, StringComparison.Ordinal);

        Assert.Contains(field, (await RefuseAsync(WithJson(field, "null"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("access_token", "\"\"")]
    [InlineData("refresh_token", "\"\"")]
    [InlineData("account_id", "\"\"")]
    [InlineData("account_id", "\" \"")]
    [InlineData("token_type", "\"\"")]
    [InlineData("token_type", "\"mac\"")]
    [InlineData("access_token", "17")]
    [InlineData("refresh_token", "{}")]
    [InlineData("account_id", "[\"acct_1\"]")]
    [InlineData("scope", "[]")]
    [InlineData("expires_in", "\"300\"")]
    [InlineData("expires_in", "true")]
    [InlineData("refresh_token_expires_in", "\"7776000\"")]
    public async Task A_field_that_is_empty_or_of_the_wrong_type_is_refused_by_name(string field, string json)
    {
        var refused = await RefuseAsync(WithJson(field, json));

        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("-token-2", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("-0.5")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e999")]
    [InlineData("1e15")]
    [InlineData("99999999999999999999")]
    public async Task A_lifetime_that_is_no_positive_sensible_number_is_refused(string lifetime)
    {
        await RefuseAsync(WithJson("expires_in", lifetime));
        await RefuseAsync(WithJson("refresh_token_expires_in", lifetime));
    }

    [Theory]
    [InlineData("to ken")]
    [InlineData("token\r\nX-Injected: 1")]
    [InlineData("token\n")]
    [InlineData("tökén")]
    [InlineData("token\u0000")]
    [InlineData("token\u007f")]
    public async Task A_token_with_characters_that_could_break_a_header_is_refused(string token)
    {
        await RefuseAsync(With("access_token", token));
        await RefuseAsync(With("refresh_token", token));
    }

    [Fact]
    public async Task An_account_id_with_control_characters_is_refused() => await RefuseAsync(With("account_id", "acct\n1"));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_over_1_MiB_is_refused_and_not_read_to_its_end(bool hasLength)
    {
        var body = new CountingStream(Encoding.UTF8.GetBytes(With("scope", new string('x', 8 * 1024 * 1024))), hasLength);
        Answer(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) });

        var refused = await Assert.ThrowsAsync<TokenRequestException>(() => Client.RefreshAsync(SpentToken));

        Assert.Contains("1 MiB", refused.Message, StringComparison.Ordinal);
        Assert.InRange(body.BytesRead, 1024 * 1024, 1024 * 1024 + 16 * 1024);
    }

    [Fact]
    public async Task An_answer_just_under_1_MiB_is_read()
    {
        Answer(With("ignored", new string('x', 1024 * 1024 - 1024)));

        Assert.Equal("acct_1", (await Client.RefreshAsync(SpentToken)).AccountId);
    }

    private static string With(string field, string value) => With(field, JsonValue.Create(value));

    private static string With(string field, JsonNode value)
    {
        var answer = JsonNode.Parse(GoodAnswer)!.AsObject();
        answer[field] = value;
        return answer.ToJsonString();
    }

    // As text: NaN and numbers out of range are no JSON that a library would write.
    private static string WithJson(string field, string json) =>
        With(field, JsonValue.Create("%VALUE%")).Replace("\"%VALUE%\"", json, StringComparison.Ordinal);

    private sealed class CountingStream(byte[] bytes, bool canSeek) : MemoryStream(bytes)
    {
        public long BytesRead { get; private set; }

        public override bool CanSeek => canSeek;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            BytesRead += read;
            return read;
        }
    }
}
