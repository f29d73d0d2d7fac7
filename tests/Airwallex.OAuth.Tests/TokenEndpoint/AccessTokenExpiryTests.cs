using System.Text;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

public sealed class AccessTokenExpiryTests : TokenEndpointTest
{
    // The one printed on Airwallex's page.
    private const string PublishedToken =
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0b20iLCJyb2xlcyI6WyJ1c2VyIl0sImlhdCI6MTQ4ODQxNTI1NywiZXhwIjoxNDg4NDE1MjY3fQ"
        + ".UHqau03y5kEk5lFbTp7J4a-U6LXsfxIVNEsux85hj-Q";

    [Fact]
    public void The_token_on_Airwallexs_page_says_when_it_expires()
    {
        Assert.True(AccessTokenExpiry.TryRead(PublishedToken, out var expiresAt));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1488415267), expiresAt);
    }

    [Fact]
    public void The_token_on_Airwallexs_page_lives_ten_seconds() =>
        Assert.Equal(TimeSpan.FromSeconds(10), AccessTokenExpiry.ReadLifetime(PublishedToken));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("opaque")]
    [InlineData("three.opaque.parts")]
    [InlineData("a.b.c.d.e")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.x")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.!!!!.x")]
    public void An_opaque_damaged_or_endless_token_is_not_an_error(string? token)
    {
        Assert.False(AccessTokenExpiry.TryRead(token, out var expiresAt));
        Assert.Equal(default, expiresAt);
        Assert.Null(AccessTokenExpiry.ReadLifetime(token));
    }

    [Theory]
    [InlineData("1e30")]
    [InlineData("-99999999999999")]
    [InlineData("253402300800")]
    [InlineData("-62135596801")]
    [InlineData("\"soon\"")]
    [InlineData("[]")]
    [InlineData("null")]
    public void An_expiry_that_makes_no_sense_is_not_an_error(string exp) =>
        Assert.False(AccessTokenExpiry.TryRead(Jwt($"\"exp\":{exp}"), out _));

    [Theory]
    [InlineData("1488415267", 1488415267)]
    [InlineData("0", 0)]
    [InlineData("253402300799", 253402300799)]
    [InlineData("-62135596800", -62135596800)]
    public void Every_number_that_is_an_instant_is_an_expiry(string exp, long seconds)
    {
        Assert.True(AccessTokenExpiry.TryRead(Jwt($"\"exp\":{exp}"), out var expiresAt));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(seconds), expiresAt);
    }

    [Theory]
    [InlineData("\"exp\":300,\"iat\":100", 200)] // Shorter than expires_in: it counts.
    [InlineData("\"exp\":500,\"iat\":100", 300)] // Longer: expires_in counts.
    [InlineData("\"exp\":100,\"iat\":100", 300)]
    [InlineData("\"exp\":100,\"iat\":200", 300)]
    [InlineData("\"exp\":100", 300)] // Without iat, only a clock would say what exp means.
    [InlineData("\"iat\":100", 300)]
    [InlineData("\"exp\":1e300,\"iat\":-1e300", 300)]
    [InlineData("\"exp\":\"300\",\"iat\":\"100\"", 200)]
    [InlineData("\"exp\":\"soon\",\"iat\":100", 300)]
    public async Task The_shorter_of_expires_in_and_exp_minus_iat_counts_whatever_the_clocks_say(
        string claims, double expected)
    {
        Respond(With("access_token", $"\"{Jwt(claims)}\""));

        var tokens = await RefreshAsync();

        Assert.Equal(tokens.IssuedAt.AddSeconds(expected), tokens.AccessTokenExpiresAt);
        Assert.Null(tokens.Oddities);
    }

    [Fact]
    public async Task Without_expires_in_the_tokens_own_lifetime_counts()
    {
        Respond(With("access_token", $"\"{Jwt("\"exp\":3700,\"iat\":100")}\"").Replace(
            "\"expires_in\":300,", "", StringComparison.Ordinal));

        var tokens = await RefreshAsync();

        Assert.Equal(tokens.IssuedAt.AddSeconds(3600), tokens.AccessTokenExpiresAt);
    }

    [Fact]
    public async Task A_clock_at_the_end_of_time_does_not_overflow()
    {
        Time.SetUtcNow(DateTimeOffset.MaxValue.AddSeconds(-100));
        Respond(GoodResponse);

        Assert.Equal(DateTimeOffset.MaxValue, (await Client.RefreshAsync(UsedToken)).AccessTokenExpiresAt);
    }

    private static string Jwt(string claims) => $"{Encode("""{"alg":"HS256"}""")}.{Encode($"{{{claims}}}")}.c2ln";

    private static string Encode(string json) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
