using System.Text;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>Bodies that are not one whole JSON object.</summary>
public sealed class DamagedJsonTests : TokenEndpointTest
{
    private const string Token = "\"refresh_token\":\"refresh-token-2\"";

    public static TheoryData<string> WithToken =>
    [
        // Around the object.
        $"{{{Token}}} trailing", $"{{{Token}}}{{{Token}}}", $"{{{Token}}}]", $"{{{Token}}}\0\0", ")]}',\n{" + Token + "}",
        $"callback({{{Token}}});", $"[{{{Token}}}]", $"\u00a0{{{Token}}}",

        // Broken off.
        $"{{{Token}", $"{{{Token},", $"{{{Token},\"sco", $"{{{Token},\"scope\":[\"a\"", $"{{{Token},\"x\":{{\"y\":",

        // Broken before it, or around it.
        $"{{\"x\":NaN,{Token}}}", $"{{\"x\":{{\"y\":NaN,\"z\":1}},{Token}}}", $"{{\"x\":[NaN,[1,2],{{}}],{Token}}}",
        $"{{\"x\":\"a\\qb,c\",{Token}}}", $"{{\"x\":,{Token}}}", $"{{\"x\",{Token}}}", $"{{,{Token}}}", $"{{,,,,{Token},,}}",
        $"{{x:1,{Token}}}", $"{{\"x\":\"line\nbreak\",{Token},\"y\":nope}}", $"{{\"x\":'a, b',{Token}}}",
        $"{{\"x\":1 \"y\":2,{Token}}}", $"{{\"x\":<b>,{Token}}}",

        // Odd, but allowed.
        $"{{{Token},}}", $"/* note */ {{ // note\n{Token}}}", $"{{\"\":1,{Token}}}", $"{{\"\\ud800\":1,{Token}}}",
        $"{{\"x\":{new string('[', 5000)}{new string(']', 5000)},{Token}}}",
        "{\"refresh_\\u0074oken\":\"refresh\\u002dtoken-2\"}", "{\"Refresh_Token\":\"refresh-token-2\"}",
        "{\"refresh_token\":\"refresh-token-2\",\"REFRESH_TOKEN\":\"another\"}",
        "{\"refresh_token\":\"another\",\"refresh_token\":\"refresh-token-2\"}",
        "{\"refresh_token\":\"refresh-token-2\",\"refresh_token\":null}",
        "{\"refresh_token\":\"not sound\",\"refresh_token\":\"refresh-token-2\"}",
        "{\"refresh_token\":7,\"Refresh_Token\":\"refresh-token-2\"}",
        "{\"data\":{\"refresh_token\":\"inner\"},\"refresh_token\":\"refresh-token-2\"}",
    ];

    public static TheoryData<string> WithoutToken =>
    [
        "", " ", "null", "[]", "\"text\"", "42", "{}", "{", "}", "\0", "<html><body>Sign in</body></html>",
        "<script>var x = {a: 1, b: [2, 3]};</script>", "refresh_token=refresh-token-2", "{\"refresh_token\"}",
        "{\"refresh_token\":}", "{\"refresh_token\":\"", "{\"data\":{\"refresh_token\":\"inner\"}}",
        "{\"text\":\"\\\"refresh_token\\\":\\\"quoted\\\"\"}", "{\"refreshtoken\":\"x\"}",
        "\"refresh_token\":\"without a brace\"",
    ];

    [Theory]
    [MemberData(nameof(WithToken))]
    public async Task A_whole_refresh_token_is_found_in_a_damaged_body(string body)
    {
        Respond(body);

        Assert.Equal("refresh-token-2", (await RefreshAsync()).RefreshToken);
    }

    [Theory]
    [MemberData(nameof(WithoutToken))]
    public async Task A_body_without_one_counts_as_lost(string body) => Assert.True((await FailAsync(body)).IsTransient);

    [Fact]
    public async Task A_repeated_member_is_named()
    {
        Respond(GoodResponse.Replace("{", "{\"scope\":\"x\",", StringComparison.Ordinal));

        var tokens = await RefreshAsync();

        Assert.Equal("In the token response, scope occurs more than once.", tokens.Oddities);
        Assert.Equal("balance:read", tokens.Scopes[1]);
    }

    [Fact]
    public async Task A_member_in_another_case_is_named()
    {
        Respond(GoodResponse.Replace("expires_in\": 300", "Expires_In\": 200", StringComparison.Ordinal));

        var tokens = await RefreshAsync();

        Assert.Equal("In the token response, expires_in is written in another case.", tokens.Oddities);
        Assert.Equal(Time.GetUtcNow().AddSeconds(200), tokens.AccessTokenExpiresAt);
    }

    [Theory]
    [InlineData("x,")]
    [InlineData("\",")]
    [InlineData("{")]
    [InlineData("[{\"")]
    [InlineData("\\\",\"")]
    public void A_body_of_nothing_but_damage_is_given_up_soon(string damage)
    {
        var body = Encoding.UTF8.GetBytes("{" + string.Concat(Enumerable.Repeat(damage, 1_000_000 / damage.Length)));
        var before = GC.GetAllocatedBytesForCurrentThread();

        JsonMembers.Read(body);

        // An exception allocates about a kilobyte: a million of them would be a gigabyte, and many seconds.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 10 << 20);
    }
}
