using System.IO.Compression;
using System.Net;
using System.Text;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>Responses with tokens, in whatever wrapping they come.</summary>
public sealed class TokenResponseTests : TokenEndpointTest
{
    public static TheoryData<string> Compressions => ["gzip", "x-gzip", "GZip", "deflate", "raw deflate", "br", "gzip, br", "br,gzip"];

    public static TheoryData<string> Charsets => ["utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE"];

    [Fact]
    public async Task A_good_response_becomes_a_token_set_whose_lifetimes_count_from_before_the_request()
    {
        var sentAt = Time.GetUtcNow();
        Respond(_ =>
        {
            Time.Advance(TimeSpan.FromSeconds(3)); // On the way.
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
        });

        var tokens = await RefreshAsync();

        Assert.Equal("acct_1", tokens.AccountId);
        Assert.Equal("access-token-2", tokens.AccessToken);
        Assert.Equal("refresh-token-2", tokens.RefreshToken);
        Assert.Equal(sentAt, tokens.IssuedAt);
        Assert.Equal(sentAt.AddSeconds(300), tokens.AccessTokenExpiresAt);
        Assert.Equal(sentAt.AddDays(90), tokens.RefreshTokenExpiresAt);
        Assert.Equal(["r:awx_action:balances_view", "balance:read"], tokens.Scopes);
        Assert.Null(tokens.Oddities);
    }

    [Fact]
    public async Task A_code_gives_the_same_and_so_does_a_bare_refresh()
    {
        Respond(GoodResponse);

        var exchanged = await Client.ExchangeCodeAsync("code_1");
        var refreshed = await Client.RefreshAsync(UsedToken);
        var internally = await Client.ExchangeAsync(Options, "code_1", null, null, TimeSpan.FromSeconds(60), CancellationToken.None);

        Assert.Equal("acct_1", exchanged.AccountId);
        Assert.All([exchanged, refreshed, internally], tokens => Assert.Equivalent(exchanged, tokens, strict: true));
        Assert.Equal(Time.GetUtcNow().AddDays(90), exchanged.RefreshTokenExpiresAt);
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public async Task A_compressed_body_is_read_though_nobody_asked_for_compression(string encoding)
    {
        Respond(Compress(GoodResponse, encoding), encoding.Replace("raw ", "", StringComparison.Ordinal));

        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("zstd")]
    [InlineData("identity")]
    [InlineData("not a coding")]
    [InlineData("gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip")]
    public async Task A_body_that_a_handler_has_decompressed_already_is_read(string encoding)
    {
        Respond(Encoding.UTF8.GetBytes(GoodResponse), encoding);

        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [InlineData("gzip", "")]
    [InlineData("deflate", "")]
    [InlineData("br", "")]
    [InlineData("gzip", "br")]
    [InlineData("br", "gzip")]
    public async Task A_compressed_body_is_read_though_its_header_is_missing_or_wrong(string encoding, string said)
    {
        Respond(Compress(GoodResponse, encoding), said.Length == 0 ? [] : [said]);

        AssertWhole(await RefreshAsync());
    }

    [Fact]
    public async Task Several_headers_name_several_compressions()
    {
        Respond(Compress(GoodResponse, "gzip, br"), "gzip", "br");

        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [MemberData(nameof(Charsets))]
    public async Task A_body_in_another_Unicode_encoding_is_read_with_and_without_a_mark(string charset)
    {
        var encoding = Encoding.GetEncoding(charset);

        Respond([.. encoding.GetPreamble(), .. encoding.GetBytes(GoodResponse)]);
        AssertWhole(await RefreshAsync());

        Respond(encoding.GetBytes(GoodResponse));
        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/octet-stream")]
    [InlineData("application/problem+json")]
    public async Task Another_content_type_is_read(string type)
    {
        Respond(GoodResponse, type: type);

        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [InlineData("application/json; charset=no-such-charset")]
    [InlineData("not a type")]
    [InlineData(";;;")]
    public async Task A_content_type_that_makes_no_sense_is_read(string type)
    {
        Respond(_ =>
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes(GoodResponse));
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
        });

        AssertWhole(await RefreshAsync());
    }

    [Theory]
    [InlineData(HttpStatusCode.Created)]
    [InlineData(HttpStatusCode.NonAuthoritativeInformation)]
    public async Task Tokens_are_taken_with_any_status_of_success(HttpStatusCode status)
    {
        Respond(GoodResponse, status);

        AssertWhole(await RefreshAsync());
    }

    [Fact]
    public async Task A_response_that_broke_off_after_the_refresh_token_is_as_good_as_a_whole_one()
    {
        var body = GoodResponse[..(GoodResponse.IndexOf("refresh-token-2", StringComparison.Ordinal) + 17)];
        using var wire = new Pipeline(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(new ThenThrows(Encoding.UTF8.GetBytes(body))),
        }));

        var tokens = await RefreshAsync(wire);

        Assert.Equal("refresh-token-2", tokens.RefreshToken);
        Assert.Equal("access-token-2", tokens.AccessToken);
        Assert.Contains("not one whole JSON object", tokens.Oddities, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refresh_token_that_is_cut_in_two_is_never_taken()
    {
        var end = GoodResponse.IndexOf("refresh-token-2", StringComparison.Ordinal);
        for (var length = 0; length < 16; length++)
        {
            var failed = await FailAsync(GoodResponse[..(end + length)]);

            Assert.Contains("refresh_token", failed.Message, StringComparison.Ordinal);
        }

        Respond(GoodResponse[..(end + 16)]);
        Assert.Equal("refresh-token-2", (await RefreshAsync()).RefreshToken);
    }

    [Fact]
    public async Task A_body_that_never_ends_is_read_as_far_as_it_came_when_the_time_is_over()
    {
        using var wire = new Pipeline(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(new ThenHangs(Encoding.UTF8.GetBytes(GoodResponse))),
        }));
        var refresh = RefreshAsync(wire);

        Time.Advance(TimeSpan.FromSeconds(7.9));
        Assert.False(refresh.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        AssertWhole(await refresh);
    }

    [Fact]
    public async Task A_compressed_body_that_broke_off_is_read_as_far_as_it_came()
    {
        var filler = new byte[9000];
        new Random(1).NextBytes(filler);
        var compressed = Compress($"{GoodResponse.Trim()[..^1]},\"filler\":\"{Convert.ToBase64String(filler)}\"}}", "gzip");
        Respond(compressed[..(compressed.Length / 2)], "gzip");

        Assert.Equal("refresh-token-2", (await RefreshAsync()).RefreshToken);
    }

    [Fact]
    public async Task A_stream_that_fails_when_it_is_closed_loses_nothing()
    {
        using var wire = new Pipeline(_ => Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(new FailsToClose(Encoding.UTF8.GetBytes(GoodResponse))),
        }));

        AssertWhole(await RefreshAsync(wire));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_over_1_MiB_is_not_read_to_its_end(bool hasLength)
    {
        var body = new CountingStream(Encoding.UTF8.GetBytes("{\"filler\":\"" + new string('x', 8 << 20)), hasLength);
        Respond(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) });

        var failed = await FailAsync();

        Assert.Contains("1 MiB", failed.Message, StringComparison.Ordinal);
        Assert.True(failed.IsTransient);
        Assert.InRange(body.BytesRead, 1024 * 1024, (1024 + 16) * 1024);
    }

    [Fact]
    public async Task A_response_over_1_MiB_is_used_when_its_start_has_the_refresh_token()
    {
        Respond(With("filler", $"\"{new string('x', 2 << 20)}\""));

        Assert.Equal("refresh-token-2", (await RefreshAsync()).RefreshToken);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("gzip, gzip")]
    public async Task A_bomb_is_not_decompressed_to_its_end(string encoding)
    {
        var bomb = Compress("{\"filler\":\"" + new string('x', 64 << 20), encoding);
        var body = new TokenResponseBody();
        await body.ReceiveAsync(new ByteArrayContent(bomb), CancellationToken.None);
        var before = GC.GetAllocatedBytesForCurrentThread();

        body.ReadJson(encoding.Split(','), TokenSetReader.HasRefreshToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1 << 20, 40 << 20);
    }

    [Fact]
    public async Task A_response_just_under_1_MiB_is_read()
    {
        Respond(With("filler", $"\"{new string('x', 1024 * 1024 - 1024)}\""));

        AssertWhole(await RefreshAsync());
    }

    [Fact]
    public async Task Nothing_of_a_token_set_shows_a_token()
    {
        Respond(GoodResponse);

        Assert.DoesNotContain("token-2", (await RefreshAsync()).ToString(), StringComparison.Ordinal);
    }

    private static void AssertWhole(TokenSet tokens)
    {
        Assert.Equal("refresh-token-2", tokens.RefreshToken);
        Assert.Equal("access-token-2", tokens.AccessToken);
        Assert.Null(tokens.Oddities);
    }

    private static byte[] Compress(string text, string encodings)
    {
        var body = Encoding.UTF8.GetBytes(text);
        foreach (var encoding in encodings.Split(','))
        {
            using var compressed = new MemoryStream();
            using (Stream stream = encoding.Trim() switch
            {
                "br" => new BrotliStream(compressed, CompressionLevel.Fastest),
                "deflate" => new ZLibStream(compressed, CompressionLevel.Fastest),
                "raw deflate" => new DeflateStream(compressed, CompressionLevel.Fastest),
                _ => new GZipStream(compressed, CompressionLevel.Fastest),
            })
            {
                stream.Write(body);
            }

            body = compressed.ToArray();
        }

        return body;
    }

    private sealed class ThenThrows(byte[] bytes) : MemoryStream(bytes)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read
                : throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
    }

    private sealed class ThenHangs(byte[] bytes) : MemoryStream(bytes)
    {
        // It ignores cancellation.
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read
                : await new TaskCompletionSource<int>().Task;
    }

    private sealed class FailsToClose(byte[] bytes) : MemoryStream(bytes)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            throw new InvalidOperationException("It cannot be closed.");
        }
    }

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
