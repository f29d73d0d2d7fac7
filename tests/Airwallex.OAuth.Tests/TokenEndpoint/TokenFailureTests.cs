using System.Net;
using System.Net.Sockets;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>No answer, or half of one.</summary>
public sealed class TokenFailureTests : TokenEndpointTest
{
    [Fact]
    public async Task A_connection_that_breaks_is_transient_and_the_request_may_have_been_processed()
    {
        var failed = await FailAsync(async request =>
        {
            await request.Content!.CopyToAsync(Stream.Null);
            throw new HttpRequestException("The connection broke.");
        });

        Assert.True(failed.IsTransient);
        Assert.False(failed.NothingSent);
        Assert.Null(failed.StatusCode);
        Assert.Contains("may have processed it", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_is_refused_is_transient_and_surely_sent_nothing()
    {
        var failed = await FailAsync(_ => throw new HttpRequestException(
            HttpRequestError.ConnectionError, "Connection refused", new SocketException((int)SocketError.ConnectionRefused)));

        Assert.True(failed.IsTransient);
        Assert.True(failed.NothingSent);
        Assert.Contains("Nothing was sent", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_transient()
    {
        var failed = await FailAsync(async request =>
        {
            await request.Content!.CopyToAsync(Stream.Null);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new BrokenStream()) };
        });

        Assert.True(failed.IsTransient);
        Assert.False(failed.NothingSent);
    }

    [Fact]
    public async Task No_answer_within_the_time_limit_is_a_transient_failure()
    {
        Options.TokenRequestTimeout = TimeSpan.FromSeconds(5);
        using var http = new HttpClient(new Network(async (request, cancellationToken) =>
        {
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }));
        var refresh = new TokenClient(http, Options, Time).RefreshAsync(SpentToken);

        Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(refresh.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
        Assert.True(failed.IsTransient);
        Assert.Contains("No answer came within 5 s", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_time_limit_covers_the_body_of_the_answer()
    {
        using var http = new HttpClient(new Network((_, _) => Task.FromResult(
            new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new SilentStream()) })));
        var refresh = new TokenClient(http, Options, Time).RefreshAsync(SpentToken);

        Time.Advance(TimeSpan.FromSeconds(8.1));

        Assert.True((await Assert.ThrowsAsync<TokenRequestException>(() => refresh)).IsTransient);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so_and_not_that_the_endpoint_failed()
    {
        using var givesUp = new CancellationTokenSource();
        using var http = new HttpClient(new Network(async (_, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }));
        var refresh = new TokenClient(http, Options, Time).RefreshAsync(SpentToken, givesUp.Token);

        await givesUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
    }

    [Fact]
    public async Task A_request_that_was_held_up_until_too_late_is_not_sent()
    {
        var sent = 0L;
        using var http = new HttpClient(new Network(async (request, cancellationToken) =>
        {
            Time.Advance(TimeSpan.FromSeconds(4)); // Connecting takes its time.
            using var wire = new MemoryStream();
            try
            {
                await request.Content!.CopyToAsync(wire, cancellationToken);
            }
            finally
            {
                sent = wire.Length;
            }

            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodAnswer) };
        }));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => new TokenClient(http, Options, Time).RefreshAsync(
            SpentToken, "the refresh of account acct_1", Time.GetUtcNow().AddSeconds(4.5), TimeSpan.FromSeconds(1), CancellationToken.None));

        Assert.True(failed.NothingSent);
        Assert.True(failed.IsTransient);
        Assert.Equal(0, sent);
    }

    private async Task<TokenRequestException> FailAsync(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer)
    {
        using var http = new HttpClient(new Network((request, _) => answer(request)));
        return await Assert.ThrowsAsync<TokenRequestException>(() => new TokenClient(http, Options, Time).RefreshAsync(SpentToken));
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
    }

    private sealed class SilentStream : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
