using System.Net;
using System.Net.Http.Json;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>401 from the API.</summary>
[Collection(VirtualTime.Name)]
public sealed class RefusedTokenTests
{
    public static TheoryData<string, Func<HttpContent>> Bodies => new()
    {
        { "text", () => new StringContent("the body") },
        { "json", () => JsonContent.Create("the body") },
        { "bytes", () => new ByteArrayContent("the body"u8.ToArray()) },
        { "memory", () => new ReadOnlyMemoryContent("the body"u8.ToArray()) },
        { "form", () => new FormUrlEncodedContent([new("text", "the body")]) },
        { "multipart", () => new MultipartFormDataContent { new StringContent("the body"), new StreamContent(new MemoryStream("more"u8.ToArray())) } },
        { "seekable stream", () => new StreamContent(new MemoryStream("the body"u8.ToArray())) },
    };

    public static TheoryData<string, Func<HttpContent>> BodiesThatCanBeSentOnce => new()
    {
        { "stream", () => new StreamContent(new OneWayStream("the body"u8.ToArray())) },
        { "stream with a length", () => new StreamContent(new OneWayStream("the body"u8.ToArray())) { Headers = { ContentLength = 8 } } },
        { "multipart", () => new MultipartFormDataContent { new StreamContent(new OneWayStream("the body"u8.ToArray())) } },
    };

    [Fact]
    public async Task A_hundred_refused_calls_cost_one_refresh_and_all_succeed()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var refused = (await app.ConnectAsync()).Tokens.AccessToken;
        wire.Answer = request => request.Token == refused ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

        var responses = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => app.ClientOf().GetAsync("api/v1/account"))));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(1, app.CountRefreshes());
        app.Simulator.AssertNoBrokenRules();
    }

    [Fact]
    public async Task A_token_revoked_at_Airwallex_ends_in_the_question_to_authorize_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);

        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.ClientOf().GetAsync("api/v1/account"));

        Assert.Equal(1, app.CountRefreshes());
    }

    [Theory]
    [MemberData(nameof(Bodies), DisableDiscoveryEnumeration = true)]
    public async Task The_body_is_sent_again_with_the_new_token(string kind, Func<HttpContent> body)
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var refused = (await app.ConnectAsync()).Tokens.AccessToken;
        wire.Answer = request => request.Token == refused ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

        using var response = await app.ClientOf().PostAsync("api/v1/transfers", body());

        Assert.True(response.StatusCode == HttpStatusCode.OK, kind);
        Assert.Equal(2, wire.Requests.Count);
        Assert.Equal(wire.Requests.First().Body, wire.Requests.Last().Body);
        Assert.NotEmpty(wire.Requests.First().Body);
    }

    [Theory]
    [MemberData(nameof(BodiesThatCanBeSentOnce), DisableDiscoveryEnumeration = true)]
    public async Task A_body_that_cannot_be_sent_twice_has_the_401_passed_on(string kind, Func<HttpContent> body)
    {
        var wire = new ApiDouble { Answer = _ => HttpStatusCode.Unauthorized };
        await using var app = wire.NewApp();
        await app.ConnectAsync();

        using var response = await app.ClientOf().PostAsync("api/v1/transfers", body());

        Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, kind);
        Assert.Single(wire.Requests);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_stream_that_was_buffered_is_sent_again()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var refused = (await app.ConnectAsync()).Tokens.AccessToken;
        wire.Answer = request => request.Token == refused ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;
        using var body = new StreamContent(new OneWayStream("the body"u8.ToArray()));
        await body.LoadIntoBufferAsync();

        using var response = await app.ClientOf().PostAsync("api/v1/transfers", body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["the body", "the body"], wire.Requests.Select(request => request.Body));
    }

    [Fact]
    public async Task A_token_that_somebody_has_already_replaced_costs_no_refresh()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var old = (await app.ConnectAsync()).Tokens.AccessToken;
        wire.Answer = request =>
        {
            if (request.Token != old)
            {
                return HttpStatusCode.OK;
            }

            app.Connections.RefreshAsync(TestApp.Account).GetAwaiter().GetResult(); // While the refusal is on its way.
            return HttpStatusCode.Unauthorized;
        };

        using var response = await app.ClientOf().GetAsync("api/v1/account");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, app.CountRefreshes());
    }

    [Fact]
    public async Task A_freshly_refreshed_token_that_is_refused_again_is_not_refreshed_in_a_loop()
    {
        var wire = new ApiDouble { Answer = _ => HttpStatusCode.Unauthorized };
        await using var app = wire.NewApp();
        await app.ConnectAsync();

        for (var call = 0; call < 20; call++)
        {
            using var response = await app.ClientOf().GetAsync("api/v1/account");
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        Assert.Equal(1, app.CountRefreshes());
        Assert.Equal(21, wire.Requests.Count);
    }

    [Fact]
    public async Task A_later_refusal_is_answered_with_a_refresh_again()
    {
        var wire = new ApiDouble { Answer = _ => HttpStatusCode.Unauthorized };
        await using var app = wire.NewApp();
        await app.ConnectAsync();
        await app.ClientOf().GetAsync("api/v1/account");

        app.Time.Advance(TimeSpan.FromSeconds(31));
        await app.ClientOf().GetAsync("api/v1/account");

        Assert.Equal(2, app.CountRefreshes());
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task Any_other_answer_is_passed_on(HttpStatusCode status)
    {
        var wire = new ApiDouble { Answer = _ => status };
        await using var app = wire.NewApp();
        await app.ConnectAsync();

        Assert.Equal(status, (await app.ClientOf().GetAsync("api/v1/account")).StatusCode);
        Assert.Single(wire.Requests);
        Assert.Equal(0, app.CountRefreshes());
    }

    [Fact]
    public async Task A_refusal_whose_refresh_fails_is_told_as_the_failed_refresh()
    {
        var wire = new ApiDouble { Answer = _ => HttpStatusCode.Unauthorized };
        await using var app = wire.NewApp(configure: options => options.MaxRetries = 0);
        await app.ConnectAsync();
        app.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => app.ClientOf().GetAsync("api/v1/account"));

        Assert.True(failed.IsTransient);
    }

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
