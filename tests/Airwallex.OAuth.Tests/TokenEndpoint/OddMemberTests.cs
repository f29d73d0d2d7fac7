using System.Net;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>
/// "A sound refresh token is always saved, whatever else is odd in the response" (the refresh, step 5): every other
/// member, one at a time, with every value that it should not have.
/// </summary>
public sealed class OddMemberTests : TokenEndpointTest
{
    private static readonly string[] OddValues =
    [
        "null", "true", "false", "{}", "[]", "[[]]", "{\"a\":{\"b\":[1]}}", "[1,2]", "\"\"", "\" \"", "\"\\u0000\"",
        "\"\\ud800\"", "\"t\\u00f6k\\u00e9n\"", "\"two words\"", "0", "-1", "-0", "1e999", "-1e999", "1e30", "0.5e-400",
        "99999999999999999999", "\"NaN\"", "\"Infinity\"", "\"-5\"", "\"1e999\"", "\"soon\"",

        // Not even JSON.
        "NaN", "Infinity", "-Infinity", "undefined", "nil", "'text'", "\"bad \\q escape\"", "\"a\tb\"", "+5", "05",
        ".5",
        "5.", "0x1F", "None", "<b>", "\"text\" \"text\"", "{\"a\":NaN}", "[NaN]", "{\"a\":NaN,\"b\":1}", "",
    ];

    private static readonly string[] OtherMembers =
        ["access_token", "account_id", "expires_in", "refresh_token_expires_in", "scope", "token_type", "org_id"];

    public static TheoryData<string, string?> Cases
    {
        get
        {
            var cases = new TheoryData<string, string?>();
            foreach (var member in OtherMembers)
            {
                cases.Add(member, null);
                foreach (var value in OddValues.Where(value => !(member == "account_id" && NamesAnotherAccount(value))))
                {
                    cases.Add(member, value);
                }
            }

            return cases;
        }
    }

    public static TheoryData<string> UnsoundTokens =>
    [
        .. OddValues.Where(value => !IsVisibleText(value)), "\"tok\\nen\"", "\" token\"", "\"token\\u007f\"",
        $"\"{new string('t', 8193)}\"", "17", "\"unclosed",
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_sound_refresh_token_is_kept_whatever_one_other_member_is(string member, string? json)
    {
        Respond(With(member, json));

        var tokens = await RefreshAsync();

        Assert.Equal("refresh-token-2", tokens.RefreshToken);
        Assert.Equal("acct_1", tokens.AccountId);
        Assert.Equal(Time.GetUtcNow(), tokens.IssuedAt);
        Assert.True(tokens.AccessToken.All(c => c is > ' ' and <= '~'), tokens.AccessToken);
        Assert.Equal(tokens.AccessToken.Length == 0, tokens.AccessTokenExpiresAt == tokens.IssuedAt);
        Assert.InRange(tokens.AccessTokenExpiresAt, tokens.IssuedAt, tokens.IssuedAt.AddSeconds(300));
        Assert.True(tokens.RefreshTokenExpiresAt > tokens.IssuedAt);
        Assert.NotEmpty(tokens.Scopes);
        Assert.Equal(IsAllowed(member, json), tokens.Oddities is null);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_bare_refresh_keeps_it_too(string member, string? json)
    {
        Respond(With(member, json));

        Assert.Equal("refresh-token-2", (await Client.RefreshAsync(UsedToken)).RefreshToken);
    }

    [Theory]
    [MemberData(nameof(UnsoundTokens))]
    [InlineData(null)]
    public async Task A_response_without_a_sound_refresh_token_counts_as_lost(string? json)
    {
        var failed = await FailAsync(With("refresh_token", json));

        Assert.Contains("refresh_token", failed.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be used", failed.Message, StringComparison.Ordinal);
        Assert.Contains("refresh of account acct_1", failed.Message, StringComparison.Ordinal);
        Assert.Equal("acct_1", failed.AccountId);
        Assert.Equal(HttpStatusCode.OK, failed.StatusCode);
        Assert.True(failed.IsTransient);
        Assert.False(failed.RequestNotSent);
        Assert.False(failed.IsDecision);
        Assert.DoesNotContain("access-token-2", failed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "it is not JSON with a refresh_token")]
    [InlineData("17", "refresh_token is not 1 to 8,192 visible ASCII characters")]
    public async Task It_says_whether_the_refresh_token_is_missing_or_unsound(string? json, string fault) =>
        Assert.Contains(fault, (await FailAsync(With("refresh_token", json))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"acct_2\"")]
    [InlineData("\"ACCT_1\"")]
    [InlineData("\" acct_2 \"")]
    [InlineData("\"acct_1\\nacct_2\"")]
    public async Task A_response_of_another_account_counts_as_lost(string accountId)
    {
        var failed = await FailAsync(With("account_id", accountId));

        Assert.Contains("another account's", failed.Message, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, failed.StatusCode);
        Assert.True(failed.IsTransient);
        Assert.DoesNotContain("token-2", failed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"account_id\":\"acct_2\",")]
    [InlineData("\"Account_Id\":\"acct_2\",")]
    public async Task A_response_of_two_accounts_counts_as_lost(string member)
    {
        var failed = await FailAsync(GoodResponse.Replace("{", "{" + member, StringComparison.Ordinal));

        Assert.Contains("another account's", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("null")]
    [InlineData("17")]
    [InlineData("\"\"")]
    [InlineData("\" acct_1\"")]
    [InlineData("\"acct\\n1\"")]
    [InlineData("[\"acct_1\"]")]
    public async Task A_new_connection_needs_an_account(string? accountId)
    {
        Respond(With("account_id", accountId));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => Client.ExchangeCodeAsync("code-1"));

        Assert.Contains("account_id", failed.Message, StringComparison.Ordinal);
        Assert.Contains("Let the customer start again", failed.Message, StringComparison.Ordinal);
        Assert.Null(failed.AccountId);
        Assert.DoesNotContain("-token-2", failed.ToString(), StringComparison.Ordinal);
        Assert.Equal("", (await Client.RefreshAsync(UsedToken)).AccountId);
    }

    [Fact]
    public async Task An_account_id_has_at_most_255_characters()
    {
        Respond(With("account_id", $"\"{new string('a', 255)}\""));
        Assert.Equal(255, (await Client.ExchangeCodeAsync("code-1")).AccountId.Length);

        Respond(With("account_id", $"\"{new string('a', 256)}\""));
        await Assert.ThrowsAsync<TokenRequestException>(() => Client.ExchangeCodeAsync("code-1"));
    }

    [Theory]
    [InlineData("300", 300)]
    [InlineData("299.5", 299.5)]
    [InlineData("3e2", 300)]
    [InlineData("\"300\"", 300)]
    [InlineData("\" 300.0 \"", 300)]
    [InlineData("3153600000", 3153600000)]
    [InlineData("3153600001", 240)]
    [InlineData("1e-3", 0.001)]
    [InlineData("0", 240)]
    [InlineData("-300", 240)]
    [InlineData(null, 240)]
    [InlineData("\"1,000\"", 240)]
    public async Task A_lifetime_that_makes_no_sense_is_as_before(string? json, double seconds)
    {
        Respond(With("expires_in", json));

        Assert.Equal(Time.GetUtcNow().AddSeconds(seconds), (await RefreshAsync()).AccessTokenExpiresAt);
    }

    [Fact]
    public async Task A_lifetime_that_nobody_ever_named_is_a_minute_for_access_tokens_and_unknown_for_refresh_tokens()
    {
        Respond("""{"refresh_token":"refresh-token-2","access_token":"access-token-2","account_id":"acct_1"}""");

        var tokens = await Client.ExchangeCodeAsync("code-1");

        Assert.Equal(Time.GetUtcNow().AddSeconds(60), tokens.AccessTokenExpiresAt);
        Assert.Null(tokens.RefreshTokenExpiresAt);
        Assert.Empty(tokens.Scopes);
    }

    [Fact]
    public async Task The_text_of_a_response_has_the_account_and_the_instants_and_no_token()
    {
        Respond(GoodResponse);

        Assert.Equal(
            "TokenSet { AccountId = acct_1, AccessToken = ***, AccessTokenExpiresAt = "
            + "2026-01-01T12:05:00.0000000+00:00, RefreshToken = ***, RefreshTokenExpiresAt = "
            + "2026-04-01T12:00:00.0000000+00:00 }",
            (await RefreshAsync()).ToString());
    }

    [Fact]
    public async Task What_is_missing_is_as_before()
    {
        Respond("""{"refresh_token":"refresh-token-2","access_token":"access-token-2"}""");

        var tokens = await RefreshAsync();

        Assert.Equal("acct_1", tokens.AccountId);
        Assert.Equal(Time.GetUtcNow().AddSeconds(240), tokens.AccessTokenExpiresAt);
        Assert.Equal(Time.GetUtcNow().AddDays(50), tokens.RefreshTokenExpiresAt);
        Assert.Equal(["scope:before"], tokens.Scopes);
        Assert.Equal(
            "In the token response, account_id is missing, token_type is missing, expires_in is missing, "
            + "refresh_token_expires_in is missing.", tokens.Oddities);
    }

    [Theory]
    [InlineData("\"7776000\"", 90)]
    [InlineData("null", 50)]
    public async Task The_refresh_tokens_lifetime_is_read_alike(string json, int days)
    {
        Respond(With("refresh_token_expires_in", json));

        Assert.Equal(Time.GetUtcNow().AddDays(days), (await RefreshAsync()).RefreshTokenExpiresAt);
    }

    [Theory]
    [InlineData("[\"a:b\",\"c\"]", "a:b c")]
    [InlineData("[\"a:b\",7,[\"x\"],{\"y\":\"z\"},\"c\"]", "a:b c")]
    [InlineData("\"  a:b   c \"", "a:b c")]
    [InlineData("\"\"", "scope:before")]
    [InlineData("[]", "scope:before")]
    [InlineData("\"a\\tb\"", "scope:before")]
    [InlineData("7", "scope:before")]
    public async Task Scopes_are_read_from_a_text_or_an_array_or_are_as_before(string json, string scopes)
    {
        Respond(With("scope", json));

        Assert.Equal(scopes.Split(' '), (await RefreshAsync()).Scopes);
    }

    [Fact]
    public async Task What_no_store_or_header_could_carry_is_left_out()
    {
        Respond(With("scope", $"\"{new string('s', 16385)}\""));
        Assert.Equal(["scope:before"], (await RefreshAsync()).Scopes);

        Respond(With("access_token", $"\"{new string('a', 16385)}\""));
        Assert.Equal("", (await RefreshAsync()).AccessToken);

        Respond(With("access_token", $"\"{new string('a', 16384)}\""));
        Assert.Equal(16384, (await RefreshAsync()).AccessToken.Length);
    }

    [Theory]
    [InlineData("bearer")]
    [InlineData("Bearer")]
    [InlineData("BEARER")]
    public async Task The_token_type_is_compared_without_case(string type)
    {
        Respond(With("token_type", $"\"{type}\""));

        Assert.Null((await RefreshAsync()).Oddities);
    }

    [Theory]
    [InlineData("expires_in", "\"300\"", "expires_in is a text")]
    [InlineData("expires_in", "null", "expires_in cannot be used")]
    [InlineData("refresh_token_expires_in", "\"300\"", "refresh_token_expires_in is a text")]
    [InlineData("scope", "[\"a\"]", "scope is an array")]
    [InlineData("token_type", "\"mac\"", "token_type cannot be used")]
    [InlineData("access_token", null, "access_token is missing")]
    [InlineData("org_id", "NaN", "the body is not one whole JSON object")]
    public async Task Oddities_are_named(string member, string? json, string oddity)
    {
        Respond(With(member, json));

        Assert.Equal($"In the token response, {oddity}.", (await RefreshAsync()).Oddities);
    }

    private static bool NamesAnotherAccount(string json) =>
        json is "\"t\\u00f6k\\u00e9n\"" or "\"two words\"" or "\"NaN\"" or "\"Infinity\"" or "\"-5\"" or "\"1e999\""
            or "\"soon\"" or "\"\\u0000\"" or "\"text\" \"text\"";

    private static bool IsAllowed(string member, string? json) => member switch
    {
        "org_id" => IsJson(json),
        "scope" => json is null or "\"two words\"" || IsVisibleText(json),
        "access_token" => json is not null && IsVisibleText(json),
        _ => false,
    };

    private static bool IsVisibleText(string json) =>
        json.Length > 2 && json[0] == '"' && json[^1] == '"' && json[1..^1].All(
            c => c is > ' ' and <= '~' and not '"' and not '\\');

    private static bool IsJson(string? json)
    {
        try
        {
            using var _ = System.Text.Json.JsonDocument.Parse(json ?? "null");
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }
}
