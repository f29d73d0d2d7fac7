using System.Buffers.Text;
using System.Text;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RichardSzalay.MockHttp;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

public sealed class AccessTokenExpiryTests : TokenEndpointTest
{
    // The one printed on Airwallex's page.
    private const string PublishedToken =
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0b20iLCJyb2xlcyI6WyJ1c2VyIl0sImlhdCI6MTQ4ODQxNTI1NywiZXhwIjoxNDg4NDE1MjY3fQ.UHqau03y5kEk5lFbTp7J4a-U6LXsfxIVNEsux85hj-Q";

    [Fact]
    public void The_token_on_Airwallexs_page_says_when_it_expires()
    {
        Assert.True(AccessTokenExpiry.TryRead(PublishedToken, out var expiresAt));
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1488415267), expiresAt);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("opaque")]
    [InlineData("three.opaque.parts")]
    [InlineData("a.b.c.d.e")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.x")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.!!!!.x")]
    public void An_opaque_damaged_or_endless_token_is_no_error(string? token)
    {
        Assert.False(AccessTokenExpiry.TryRead(token, out var expiresAt));
        Assert.Equal(default, expiresAt);
    }

    [Theory]
    [InlineData("1e30")]
    [InlineData("-99999999999999")]
    [InlineData("\"soon\"")]
    [InlineData("[]")]
    public void An_expiry_that_makes_no_sense_is_no_error(string exp) => Assert.False(AccessTokenExpiry.TryRead(Jwt(exp), out _));

    [Theory]
    [InlineData(200, 200)] // Earlier than expires_in: it counts.
    [InlineData(400, 300)] // Later: expires_in counts.
    [InlineData(-59, -59)] // A little in the past: the clocks may differ by so much, and the earlier one counts.
    [InlineData(-61, 300)] // More than a minute in the past, just issued: our clock is wrong, and expires_in alone counts.
    public async Task The_earlier_of_expires_in_and_exp_counts_unless_the_clock_is_plainly_wrong(int exp, int expected)
    {
        using var log = new RecordingLogger();
        using var logs = LoggerFactory.Create(logging => logging.AddProvider(log));
        var now = Time.GetUtcNow();
        Answer(GoodAnswer.Replace("access-token-2", Jwt($"{now.AddSeconds(exp).ToUnixTimeSeconds()}"), StringComparison.Ordinal));
        var client = new TokenClient(Wire.ToHttpClient(), new FixedOptions(Options), Time, logs.CreateLogger<TokenClient>());

        var tokens = await client.RefreshAsync(SpentToken);

        Assert.Equal(now.AddSeconds(expected), tokens.AccessTokenExpiresAt);
        Assert.Equal(exp == -61 ? 1 : 0, log.Lines.Count(line => line.StartsWith("Warning AccessTokenExpiryOutOfStep", StringComparison.Ordinal)));
    }

    private static string Jwt(string exp) =>
        $"{Base64Url.EncodeToString("""{"alg":"HS256"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"exp":{{exp}}}"""))}.c2lnbmF0dXJl";

    private sealed class FixedOptions(AirwallexOAuthOptions options) : IOptionsMonitor<AirwallexOAuthOptions>
    {
        public AirwallexOAuthOptions CurrentValue => options;

        public AirwallexOAuthOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<AirwallexOAuthOptions, string?> listener) => null;
    }
}
