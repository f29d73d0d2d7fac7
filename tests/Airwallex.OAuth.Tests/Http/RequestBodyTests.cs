using System.Net;
using System.Net.Http.Json;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>Which bodies are sent a second time after a 401.</summary>
public sealed class RequestBodyTests
{
    public static TheoryData<string, Func<HttpContent>> SentTwice => new()
    {
        { "text", () => new StringContent("the body") },
        { "bytes", () => new ByteArrayContent("the body"u8.ToArray()) },
        { "memory", () => new ReadOnlyMemoryContent("the body"u8.ToArray()) },
        { "form", () => new FormUrlEncodedContent([new("text", "the body")]) },
        { "seekable stream", () => new StreamContent(new MemoryStream("the body"u8.ToArray())) },
        { "seekable stream from the middle", () =>
            new StreamContent(new MemoryStream("of the body"u8.ToArray()) { Position = 3 }) },
        {
            "multipart",
            () => new MultipartFormDataContent("limit")
            {
                new StringContent("the body"), new StreamContent(new MemoryStream("more"u8.ToArray())),
                    JsonContent.Create(Once()),
            }
        },
        { "JSON text", () => JsonContent.Create("the body") },
        { "JSON object", () => JsonContent.Create(new { Text = "the body" }) },
        { "JSON array", () => JsonContent.Create(new[] { 1, 2, 3 }) },
        { "JSON list", () => JsonContent.Create(new List<string> { "the", "body" }) },
        { "JSON set", () => JsonContent.Create(new HashSet<int> { 1, 2 }) },
        { "JSON null", () => JsonContent.Create<string?>(null) },
        { "JSON object with a sequence that can be read once", () => JsonContent.Create(Once()) },
    };

    public static TheoryData<string, Func<HttpContent>> SentOnce => new()
    {
        { "stream", () => new StreamContent(new OneWayStream("the body"u8.ToArray())) },
        { "stream with a length", () =>
            new StreamContent(new OneWayStream("the body"u8.ToArray())) { Headers = { ContentLength = 8 } } },
        { "multipart", () =>
            new MultipartFormDataContent { new StreamContent(new OneWayStream("the body"u8.ToArray())) } },
        { "multipart with one part that can be sent once",
            () => new MultipartContent
            {
                new StringContent("the body"), new StreamContent(new OneWayStream("the body"u8.ToArray())),
            } },
        { "multipart with a lazy part", () => new MultipartContent { JsonContent.Create(Lazy()) } },
        { "JSON of an asynchronous sequence", () => JsonContent.Create(LazyAsync()) },
        { "JSON of an asynchronous sequence as object", () => JsonContent.Create<object>(LazyAsync()) },
        { "JSON of a lazy sequence", () => JsonContent.Create(Lazy()) },
        { "a kind of its own", () => new OwnContent() },
        { "a kind derived from text", () => new DerivedContent() },
    };

    [Theory]
    [MemberData(nameof(SentTwice), DisableDiscoveryEnumeration = true)]
    public async Task The_same_body_is_sent_again_with_the_new_token(string kind, Func<HttpContent> body)
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        RejectedTokenTests.Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        using var response = await program.ClientOf().PostAsync("api/v1/transfers", body());

        Assert.True(response.StatusCode == HttpStatusCode.OK, kind);
        Assert.Equal(2, program.Api.Requests.Count);
        Assert.Equal(program.Api.Requests.First().Body, program.Api.Requests.Last().Body);
        Assert.NotEmpty(program.Api.Requests.First().Body);
    }

    [Theory]
    [MemberData(nameof(SentOnce), DisableDiscoveryEnumeration = true)]
    public async Task A_body_that_cannot_be_sent_twice_has_the_401_passed_on(string kind, Func<HttpContent> body)
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        RejectedTokenTests.Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        using var response = await program.ClientOf().PostAsync("api/v1/transfers", body());

        Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, kind);
        Assert.Single(program.Api.Requests);
        Assert.NotEmpty(program.Api.Requests.Single().Body);
    }

    [Fact]
    public async Task A_body_that_a_handler_disposed_of_has_the_401_passed_on()
    {
        await using var program = new ApiProgram(primary: api => new DisposingHandler(api.CreateHandler()));
        await program.ConnectAsync();
        RejectedTokenTests.Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        using var response = await program.ClientOf().PostAsync(
            "api/v1/transfers", new StreamContent(new MemoryStream("the body"u8.ToArray())));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Single(program.Api.Requests);
    }

    [Fact]
    public async Task A_stream_that_was_buffered_is_sent_again()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        RejectedTokenTests.Reject(program, ApiDouble.TokenOf(ApiProgram.Account));
        using var body = new StreamContent(new OneWayStream("the body"u8.ToArray()));
        await body.LoadIntoBufferAsync();

        using var response = await program.ClientOf().PostAsync("api/v1/transfers", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["the body", "the body"], program.Api.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task An_endless_sequence_is_not_collected_before_it_is_sent()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        var produced = 0;
        using var stop = new CancellationTokenSource();

        var call = program.ClientOf().PostAsync("api/v1/events", JsonContent.Create(Endless()), stop.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(produced > 0);

        async IAsyncEnumerable<int> Endless()
        {
            while (true)
            {
                await Task.Yield();
                if (++produced == 20_000)
                {
                    await stop.CancelAsync();
                }

                yield return produced;
            }
        }
    }

    private static object Once()
    {
        var left = new Queue<int>([1, 2, 3]);
        return new { Items = Drain() };

        IEnumerable<int> Drain()
        {
            while (left.TryDequeue(out var next))
            {
                yield return next;
            }
        }
    }

    private static IEnumerable<int> Lazy()
    {
        yield return 1;
    }

    private static async IAsyncEnumerable<int> LazyAsync()
    {
        await Task.Yield();
        yield return 1;
    }

    private sealed class OwnContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync("the body"u8.ToArray()).AsTask();

        protected override bool TryComputeLength(out long length) => (length = 8) == 8;
    }

    private sealed class DerivedContent() : StringContent("the body");

    private sealed class DisposingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            request.Content?.Dispose();
            return response;
        }
    }
}
