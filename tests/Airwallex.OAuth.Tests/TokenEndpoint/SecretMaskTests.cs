using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>
/// "Secrets appear in no output" (invariant 6): whichever way the token endpoint or a handler quotes them.
/// </summary>
public sealed class SecretMaskTests
{
    private const string Secret = "Zx 9/+&=%\"\\'<é😀>~!*()._-";

    private static readonly SecretMask Mask = new(Secret, "refresh-token", codeVerifier: null);

    public static TheoryData<string, string> Forms
    {
        get
        {
            var percent = Uri.EscapeDataString(Secret);
            var utf8 = Encoding.UTF8.GetBytes(Secret);
            var base64 = Convert.ToBase64String(utf8);
            return new()
            {
                { "as it is", Secret },
                { "percent-encoded", percent },
                { "percent-encoded in lower case", percent.ToLowerInvariant() },
                { "percent-encoded whole", string.Concat(utf8.Select(octet => $"%{octet:x2}")) },
                { "percent-encoded twice", Uri.EscapeDataString(percent) },
                { "form-encoded by .NET", WebUtility.UrlEncode(Secret) },
                { "form-encoded", new FormUrlEncodedContent([new("", Secret)]).ReadAsStringAsync().Result[1..] },
                { "in JSON", JsonEncodedText.Encode(Secret).ToString() },
                { "in relaxed JSON", $"{JsonEncodedText.Encode(Secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}" },
                { "in JSON with slashes", Secret.Replace("\\", "\\\\").Replace("/", "\\/").Replace("\"", "\\\"") },
                { "in JSON with capitals", JsonEncodedText.Encode(Secret).ToString().Replace("\\u00e9", "\\u00E9") },
                { "in HTML", HtmlEncoder.Default.Encode(Secret) },
                { "in HTML by .NET", WebUtility.HtmlEncode(Secret) },
                { "in Base64", base64 },
                { "in Base64, trimmed", base64.TrimEnd('=') },
                { "in Base64, URL-safe", base64.Replace('+', '-').Replace('/', '_').TrimEnd('=') },
                { "in Base64, form-encoded", Uri.EscapeDataString(base64) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_secret_is_hidden_in_every_form(string form, string text)
    {
        var clean = Mask.Clean($"before:{text}:after");

        Assert.Equal($"before:***:after of {form}", $"{clean} of {form}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("c")]
    [InlineData("cl")]
    [InlineData("client_1")]
    [InlineData("client_12")]
    public void A_secret_is_hidden_within_a_longer_text_in_Base64(string id)
    {
        foreach (var text in (string[])[$"{id}:{Secret}", $"{id}:{Uri.EscapeDataString(Secret)}:{id}"])
        {
            var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

            var clean = Mask.Clean($"Basic {encoded}.")!;

            // What is left of the secret is less than three of its octets at either end.
            Assert.Contains("***", clean, StringComparison.Ordinal);
            Assert.InRange(clean.Length, 10, 20 + id.Length * 3);
        }
    }

    [Theory]
    [InlineData("aWQ6czNjcmV0LXZhbD4+Pj8/P3Vl", "aWQ6***")]
    [InlineData("aWQ6czNjcmV0LXZhbD4+Pj8/P3VlOng=", "aWQ6***Ong=")]
    [InlineData("a2V5PXMzY3JldC12YWw+Pj4/Pz91ZQ==", "a2V5PX***Q==")]
    [InlineData("a2V5PXMzY3JldC12YWw+Pj4/Pz91ZTp4", "a2V5PX***Tp4")]
    [InlineData("YzpzM2NyZXQtdmFsPj4+Pz8/dWU=", "Yzp***U=")]
    [InlineData("YzpzM2NyZXQtdmFsPj4+Pz8/dWU6eA==", "Yzp***U6eA==")]
    public void Each_Base64_character_that_belongs_to_the_secret_alone_is_hidden(string encoded, string clean)
    {
        var mask = new SecretMask("s3cret-val>>>???ue", "", null);

        Assert.Equal(clean, mask.Clean(encoded));
        Assert.Equal(clean, mask.Clean(encoded.Replace('+', '-').Replace('/', '_')));
        Assert.Equal("***", mask.Clean("czNjcmV0LXZhbD4+Pj8/P3Vl"));
    }

    [Theory]
    [InlineData("a'b", "a&apos;b")]
    [InlineData("a\"b", "a&quot;b")]
    [InlineData("a\"b", "a\\\"b")]
    [InlineData("a&b", "a&amp;b")]
    [InlineData("a<b", "a&lt;b")]
    [InlineData("a>b", "a&gt;b")]
    [InlineData("a/b", "a\\/b")]
    [InlineData("a b", "a+b")]
    [InlineData("a\\b", "a\\\\b")]
    public void A_secret_is_hidden_when_one_character_alone_is_escaped(string secret, string text) =>
        Assert.Equal("<***>", new SecretMask(secret, "", null).Clean($"<{text}>"));

    [Fact]
    public void Both_secrets_are_hidden_and_each_of_their_occurrences() => Assert.Equal(
        "a *** b *** c *** d ******", Mask.Clean(
            $"a {Secret} b refresh-token c {Secret} d refresh-tokenREFRESH-TOKEN"));

    [Fact]
    public void The_longest_secret_is_hidden_whole()
    {
        var mask = new SecretMask("abc", "abcdef", "abcdefghi");

        Assert.Equal("x***y", mask.Clean("xabcdefghiy"));
        Assert.Equal("x***ghy", mask.Clean("xabcdefghy"));
    }

    [Theory]
    [InlineData("100%", "is 100%25 now", "is *** now")]
    [InlineData("%2525", "is %2525 now", "is *** now")]
    [InlineData("%25", "is %2525 now", "is *** now")]
    [InlineData("a\\b", "is a\\\\b now", "is *** now")]
    [InlineData("&amp;", "is &amp;amp; now", "is *** now")]
    public void A_secret_that_looks_encoded_itself_is_hidden(string secret, string text, string clean) =>
        Assert.Equal(clean, new SecretMask(secret, "", null).Clean(text));

    [Fact]
    public void A_part_of_a_secret_is_not_one() => Assert.Equal("refresh-toke", Mask.Clean("refresh-toke"));

    [Fact]
    public void A_text_without_secrets_stays_as_it_is() =>
        Assert.Equal("Crème brûlée 😀 100%", Mask.Clean("Crème brûlée 😀 100%"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \t\r\n\u2028\u200b ")]
    public void A_text_that_says_nothing_is_null(string? text) => Assert.Null(Mask.Clean(text));

    [Theory]
    [InlineData('\r')]
    [InlineData('\n')]
    [InlineData('\0')]
    [InlineData('\u001b')]
    [InlineData('\u007f')]
    [InlineData('\u0085')]
    [InlineData('\u2028')]
    [InlineData('\u2029')]
    [InlineData('\u202e')]
    public void A_character_that_could_forge_a_log_line_becomes_a_blank(char character) =>
        Assert.Equal("a b", Mask.Clean($"a{character}b"));

    [Fact]
    public void Half_a_character_is_replaced() =>
        Assert.Equal("a\ufffdb\ufffd", Mask.Clean($"a{(char)0xDC00}b{(char)0xD800}"));

    [Fact]
    public void A_text_is_cut_between_characters_and_never_within_a_secret()
    {
        Assert.Equal(300, Mask.Clean(new string('x', 301))!.Length);
        Assert.Equal(new string('x', 299), Mask.Clean(new string('x', 299) + "😀"));
        Assert.Equal(new string('x', 298) + "😀", Mask.Clean(new string('x', 298) + "😀y"));
        Assert.Equal(new string('x', 299) + "*", Mask.Clean(new string('x', 299) + Secret));
        Assert.Equal("xx***", Mask.Clean("xx" + Secret + "yy", longest: 5));
    }

    [Fact]
    public void The_longest_token_is_hidden_in_a_long_text_within_moments()
    {
        var token = string.Concat(Enumerable.Range(0, 8192).Select(i => (char)('!' + i % 94)));
        var mask = new SecretMask(Secret, token, token);

        Assert.Equal("***!***", mask.Clean(Uri.EscapeDataString(token) + "!" + token));
        Assert.NotNull(mask.Filter(new InvalidOperationException(new string('!', 100_000))));
    }

    [Fact]
    public void An_exception_that_quotes_a_secret_is_left_out()
    {
        var harmless = new InvalidOperationException("harmless");
        var inner = new InvalidOperationException(
            "outer", new InvalidOperationException($"sent client_secret={Uri.EscapeDataString(Secret)}"));

        Assert.Same(harmless, Mask.Filter(harmless));
        Assert.Null(Mask.Filter(inner));
        Assert.Null(Mask.Filter(new Unprintable()));
        Assert.Null(Mask.Filter(null));
    }

    [Fact]
    public void An_exception_without_a_message_says_its_type()
    {
        Assert.Equal("InvalidOperationException", Mask.CleanMessage(new InvalidOperationException(" ")));
        Assert.Equal("Unprintable", Mask.CleanMessage(new Unprintable()));
        Assert.Equal("sent ***", Mask.CleanMessage(new InvalidOperationException($"sent {Secret}")));
    }

    private sealed class Unprintable : Exception
    {
        public override string Message => throw new InvalidOperationException();

        public override string ToString() => throw new InvalidOperationException();
    }
}
