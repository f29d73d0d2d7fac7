using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Airwallex.OAuth.Tests.TokenEndpoint;

/// <summary>No response: whatever the HTTP pipeline does instead.</summary>
public sealed class TokenFailureTests : TokenEndpointTest
{
    private static readonly CancellationToken Canceled = new(canceled: true);

    private static readonly Dictionary<string, Func<Exception>> Exceptions = new()
    {
        ["a connection that broke"] = () => new HttpRequestException("The connection broke."),
        ["a connection that was refused"] = () => new HttpRequestException(
            HttpRequestError.ConnectionError, "Connection refused", new SocketException(
                (int)SocketError.ConnectionRefused)),
        ["an open circuit"] = () => new Polly.CircuitBreaker.BrokenCircuitException("The circuit is open."),
        ["a timeout of Polly"] = () => new Polly.Timeout.TimeoutRejectedException("It took too long."),
        ["a timeout of HttpClient"] = () => new TaskCanceledException("Timeout.", new TimeoutException()),
        ["a cancellation of somebody's"] = () => new OperationCanceledException("Canceled.", Canceled),
        ["a bug of a handler"] = Activator.CreateInstance<NullReferenceException>,
        ["a handler that is disposed"] = () => new ObjectDisposedException("handler"),
        ["a broken stream"] = () => new IOException("Broken pipe."),
        ["a token exception of somebody's"] = () => new TokenRequestException("Somebody's.") { RequestNotSent = true },
        ["no memory"] = () => new InsufficientMemoryException("Too little."),
        ["several at once"] = () => new AggregateException(
            new InvalidOperationException("One."), new IOException("Two.")),
    };

    public static TheoryData<string> Failures => [.. Exceptions.Keys];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task An_exception_before_the_body_is_asked_for_is_a_failed_send_that_sent_nothing(string kind)
    {
        using var throws = new Pipeline(_ => throw Exceptions[kind]());
        using var faults = new Pipeline(_ => Task.FromException<HttpResponseMessage>(Exceptions[kind]()));
        using var later = new Pipeline(async _ =>
        {
            await Task.Yield();
            throw Exceptions[kind]();
        });

        foreach (var wire in (HttpMessageHandler[])[throws, faults, later])
        {
            var failed = await FailAsync(wire);

            Assert.True(failed.IsTransient);
            Assert.True(failed.RequestNotSent);
            Assert.Null(failed.StatusCode);
            Assert.False(failed.IsDecision);
            Assert.Equal("acct_1", failed.AccountId);
            Assert.EndsWith(" Nothing was sent.", failed.Message, StringComparison.Ordinal);
            Assert.StartsWith(
                "The token endpoint did not respond to the refresh of account acct_1: ",
                failed.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task An_exception_after_that_is_a_failed_send_whose_response_may_be_lost(string kind)
    {
        using var wire = new Pipeline(async request =>
        {
            await request.Content!.CopyToAsync(Stream.Null);
            throw Exceptions[kind]();
        });

        var failed = await FailAsync(wire);

        Assert.True(failed.IsTransient);
        Assert.False(failed.RequestNotSent);
        Assert.IsType(Exceptions[kind]().GetType(), failed.InnerException);
        Assert.EndsWith(
            " Airwallex may have processed the request all the same.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_asked_for_in_any_way_may_have_been_sent()
    {
        Action<HttpContent>[] ways =
        [
            content => content.CopyTo(Stream.Null, null, CancellationToken.None),
            content => content.CopyToAsync(Stream.Null).GetAwaiter().GetResult(),
            content => content.CopyToAsync(Stream.Null, CancellationToken.None).GetAwaiter().GetResult(),
            content => content.ReadAsStream().Dispose(),
            content => content.LoadIntoBufferAsync().GetAwaiter().GetResult(),
        ];
        foreach (var ask in ways)
        {
            using var wire = new Pipeline(request =>
            {
                ask(request.Content!);
                throw new HttpRequestException("The connection broke.");
            });

            Assert.False((await FailAsync(wire)).RequestNotSent);
        }
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task An_exception_within_the_body_of_the_response_is_one_too(string kind)
    {
        using var wire = new Pipeline(_ => Task.FromResult(
            new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new Throws(Exceptions[kind])) }));

        var failed = await FailAsync(wire);

        Assert.True(failed.IsTransient);
        Assert.False(failed.RequestNotSent);
        Assert.Equal(HttpStatusCode.OK, failed.StatusCode);
        Assert.IsType(Exceptions[kind]().GetType(), failed.InnerException);
    }

    [Fact]
    public async Task A_client_that_is_disposed_sent_nothing()
    {
        var http = new HttpClient();
        http.Dispose();

        var failed = await Assert.ThrowsAsync<TokenRequestException>(
            () => new TokenClient(http, Options, Time).RefreshAsync(UsedToken));

        Assert.True(failed.RequestNotSent);
        Assert.Null(failed.AccountId);
    }

    [Fact]
    public async Task A_clock_that_fails_sent_nothing()
    {
        var client = new TokenClient(Http(Wire), Options, new BrokenClock());

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => client.RefreshAsync(UsedToken));

        Assert.True(failed.RequestNotSent);
        Assert.True(failed.IsTransient);
    }

    [Fact]
    public async Task A_missing_secret_or_a_hostile_exception_hides_no_failure()
    {
        Options.ClientSecret = null!;
        using var wire = new Pipeline(_ => throw new Hostile());

        var failed = await FailAsync(wire);

        Assert.Contains("Hostile", failed.Message, StringComparison.Ordinal);
        Assert.Null(failed.InnerException);
    }

    [Fact]
    public async Task A_handler_that_buffers_the_body_has_asked_for_it()
    {
        using var wire = new Pipeline(async request =>
        {
            await request.Content!.LoadIntoBufferAsync();
            throw new HttpRequestException("Connection refused.");
        });

        Assert.False((await FailAsync(wire)).RequestNotSent);
    }

    [Fact]
    public async Task A_handlers_message_that_quotes_a_secret_is_not_passed_on()
    {
        using var wire = new Pipeline(async request =>
            throw new InvalidOperationException($"Cannot log: {await request.Content!.ReadAsStringAsync()}"));

        var failed = await FailAsync(wire);

        Assert.Null(failed.InnerException);
        Assert.Contains(
            "Cannot log: client_id=client_1&client_secret=***&grant_type=refresh_token&refresh_token=***",
            failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_response_within_the_time_limit_is_a_transient_failure()
    {
        using var wire = new Pipeline(async (request, cancellationToken) =>
        {
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        });
        var refresh = RefreshAsync(wire, TimeSpan.FromSeconds(5));

        Time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(refresh.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
        Assert.True(failed.IsTransient);
        Assert.False(failed.RequestNotSent);
        Assert.Contains("No response came within 5 s.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task A_pipeline_that_ignores_cancellation_is_abandoned_when_the_time_is_over() => InlineAsync(() =>
    {
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var refresh = RefreshAsync(wire);

        Time.Advance(TimeSpan.FromSeconds(8.1));

        Assert.True(refresh.IsFaulted);
        Assert.True(((TokenRequestException)refresh.Exception.InnerException!).RequestNotSent);
    });

    [Fact]
    public Task A_pipeline_that_ignores_cancellation_is_abandoned_when_it_is_cut() => InlineAsync(() =>
    {
        using var cut = new CancellationTokenSource();
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var refresh = RefreshAsync(wire, Timeout.InfiniteTimeSpan, cut.Token);
        Time.Advance(TimeSpan.FromDays(2));

        Assert.False(refresh.IsCompleted);
        cut.Cancel();

        Assert.True(refresh.IsFaulted);
        Assert.Contains("The request was cut.", refresh.Exception.InnerException!.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task A_response_is_read_on_the_thread_on_which_it_arrives() => InlineAsync(() =>
    {
        var arriving = new TaskCompletionSource<HttpResponseMessage>();
        using var wire = new Pipeline(_ => arriving.Task);
        var refresh = RefreshAsync(wire);

        arriving.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) });

        Assert.True(refresh.IsCompletedSuccessfully);
    });

    [Fact]
    public Task A_response_after_that_is_dropped_and_disposed() => InlineAsync(() =>
    {
        using var cut = new CancellationTokenSource();
        var arriving = new TaskCompletionSource<HttpResponseMessage>();
        using var wire = new Pipeline(_ => arriving.Task);
        var refresh = RefreshAsync(wire, cut: cut.Token);
        cut.Cancel();

        using var content = new Closing();
        arriving.SetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });

        Assert.True(content.IsClosed);
        Assert.True(refresh.IsFaulted);
    });

    [Fact]
    public async Task Nothing_leaves_after_the_send_was_given_up()
    {
        using var cut = new CancellationTokenSource();
        var connected = new TaskCompletionSource();
        using var sent = new MemoryStream();
        var late = Task.CompletedTask;
        using var wire = new Pipeline(request =>
        {
            late = WriteAsync(request);
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        });
        var refresh = RefreshAsync(wire, cut: cut.Token);
        cut.Cancel();

        connected.SetResult();

        Assert.True((await Assert.ThrowsAsync<TokenRequestException>(() => refresh)).RequestNotSent);
        await Assert.ThrowsAnyAsync<Exception>(() => late);
        Assert.Equal(0, sent.Length);

        async Task WriteAsync(HttpRequestMessage request)
        {
            var content = request.Content!;
            await connected.Task;
            await content.CopyToAsync(sent);
        }
    }

    [Fact]
    public async Task A_handler_that_fails_when_it_is_canceled_harms_nobody()
    {
        using var cut = new CancellationTokenSource();
        using var wire = new Pipeline((_, cancellationToken) =>
        {
            cancellationToken.Register(() => throw new InvalidOperationException("It cannot be canceled."));
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        });
        var byCut = RefreshAsync(wire, cut: cut.Token);
        var byTime = RefreshAsync(wire, TimeSpan.FromSeconds(5));

        cut.Cancel();
        Time.Advance(TimeSpan.FromSeconds(5.1));

        await Assert.ThrowsAsync<TokenRequestException>(() => byCut);
        await Assert.ThrowsAsync<TokenRequestException>(() => byTime);
    }

    [Fact]
    public async Task A_handler_that_hangs_when_it_is_canceled_does_not_hold_up_the_result()
    {
        using var hanging = new ManualResetEventSlim();
        using var cut = new CancellationTokenSource();
        using var wire = new Pipeline((_, cancellationToken) =>
        {
            cancellationToken.Register(hanging.Wait);
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        });
        var refresh = RefreshAsync(wire, cut: cut.Token);

        var cutting = Task.Run(cut.Cancel);

        await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
        hanging.Set();
        await cutting;
    }

    [Fact]
    public async Task The_pipeline_is_told_that_nobody_waits_any_more()
    {
        var told = CancellationToken.None;
        using var wire = new Pipeline((_, cancellationToken) =>
        {
            told = cancellationToken;
            return new TaskCompletionSource<HttpResponseMessage>().Task;
        });
        var refresh = RefreshAsync(wire);
        Assert.False(told.IsCancellationRequested);

        Time.Advance(TimeSpan.FromSeconds(8.1));

        await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
        Assert.True(told.IsCancellationRequested);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-100_000)]
    public async Task Without_time_or_after_a_cut_nothing_is_sent(int milliseconds)
    {
        var calls = 0;
        using var wire = new Pipeline(_ =>
        {
            calls++;
            return Task.FromResult(new HttpResponseMessage());
        });

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => milliseconds == -1
            ? RefreshAsync(wire, cut: Canceled)
            : RefreshAsync(wire, TimeSpan.FromMilliseconds(milliseconds)));

        Assert.True(failed.RequestNotSent);
        Assert.True(failed.IsTransient);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_time_limit_beyond_every_timer_is_a_day()
    {
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var refresh = RefreshAsync(wire, TimeSpan.FromDays(1000));

        Time.Advance(TimeSpan.FromHours(23.9));
        Assert.False(refresh.IsCompleted);
        Time.Advance(TimeSpan.FromHours(0.2));

        await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
    }

    [Fact]
    public async Task A_response_is_awaited_longer_than_HttpClient_would_by_itself()
    {
        using var wire = new Pipeline(async (request, cancellationToken) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(50), Time, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
        });
        var refresh = RefreshAsync(wire, TimeSpan.FromSeconds(60));

        Time.Advance(TimeSpan.FromSeconds(50));

        Assert.Equal("refresh-token-2", (await refresh).RefreshToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bare_client_waits_a_grace_period(bool isRefresh)
    {
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        Options.GracePeriod = TimeSpan.FromSeconds(30);
        var client = new TokenClient(Http(wire), Options, Time);
        var call = isRefresh ? client.RefreshAsync(UsedToken) : client.ExchangeCodeAsync("code-1");

        Time.Advance(TimeSpan.FromSeconds(29.9));
        Assert.False(call.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Contains(
            "within 30 s", (await Assert.ThrowsAsync<TokenRequestException>(() => call)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_caller_who_gives_up_is_told_so_and_not_that_the_endpoint_failed(bool isRefresh)
    {
        using var givesUp = new CancellationTokenSource();
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var client = new TokenClient(Http(wire), Options, Time);
        var call = isRefresh ? client.RefreshAsync(UsedToken, givesUp.Token)
            : client.ExchangeCodeAsync("code-1", cancellationToken: givesUp.Token);

        await givesUp.CancelAsync();

        var canceled = await Assert.ThrowsAsync<OperationCanceledException>(() => call);
        Assert.Equal(givesUp.Token, canceled.CancellationToken);
    }

    [Fact]
    public async Task An_operation_that_is_cut_during_an_exchange_is_a_failed_send()
    {
        using var cut = new CancellationTokenSource();
        using var wire = new Pipeline(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var exchange = new TokenClient(Http(wire), Options, Time)
            .ExchangeAsync(Options, "code-1", null, null, TimeSpan.FromSeconds(60), cut.Token);

        await cut.CancelAsync();

        Assert.True((await Assert.ThrowsAsync<TokenRequestException>(() => exchange)).RequestNotSent);
    }

    [Fact]
    public async Task A_request_that_was_held_up_until_too_late_is_not_sent()
    {
        using var sent = new MemoryStream();
        using var wire = new Pipeline(async request =>
        {
            Time.Advance(TimeSpan.FromSeconds(4)); // Connecting takes its time.
            await request.Content!.CopyToAsync(sent);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
        });
        var latest = Time.GetUtcNow().AddSeconds(3);

        var client = new TokenClient(Http(wire), Options, Time);

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => client.SendAsync(
            new RefreshTokenRequest
            {
                Options = Options,
                RefreshToken = UsedToken,
                Previous = Previous,
                ResponseTimeout = TimeSpan.FromSeconds(8),
                MayStart = () => Time.GetUtcNow() <= latest,
            },
            CancellationToken.None));

        Assert.True(failed.RequestNotSent);
        Assert.True(failed.IsTransient);
        Assert.Equal(0, sent.Length);
    }

    [Fact]
    public async Task A_handler_that_sends_twice_is_asked_twice_whether_it_may()
    {
        var looks = 0;
        using var wire = new Pipeline(async request =>
        {
            await request.Content!.CopyToAsync(Stream.Null);
            await request.Content!.CopyToAsync(Stream.Null);
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(GoodResponse) };
        });

        var client = new TokenClient(Http(wire), Options, Time);

        var failed = await Assert.ThrowsAsync<TokenRequestException>(() => client.SendAsync(
            new RefreshTokenRequest
            {
                Options = Options,
                RefreshToken = UsedToken,
                Previous = Previous,
                ResponseTimeout = TimeSpan.FromSeconds(8),
                MayStart = () => ++looks < 2,
            },
            CancellationToken.None));

        Assert.Equal(2, looks);
        Assert.False(failed.RequestNotSent);
    }

    [Fact]
    public async Task A_failure_leaves_no_exception_that_nobody_observes()
    {
        var unobserved = new List<Exception>();
        void Collect(object? sender, UnobservedTaskExceptionEventArgs args) => unobserved.Add(args.Exception);
        TaskScheduler.UnobservedTaskException += Collect;
        try
        {
            await AbandonAsync();
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Collect;
        }

        Assert.DoesNotContain(
            unobserved, exception => exception.ToString().Contains("late failure", StringComparison.Ordinal));

        async Task AbandonAsync()
        {
            using var cut = new CancellationTokenSource();
            var arriving = new TaskCompletionSource<HttpResponseMessage>();
            using var wire = new Pipeline(_ => arriving.Task);
            var refresh = RefreshAsync(wire, cut: cut.Token);
            cut.Cancel();
            arriving.SetException(new InvalidOperationException("late failure"));
            await Assert.ThrowsAsync<TokenRequestException>(() => refresh);
        }
    }

    // On a thread without a context, as the simulation has it: everything goes on at once, where it was caused.
    private static Task InlineAsync(Action test) => Task.Run(test);

    private sealed class Throws(Func<Exception> exception) : MemoryStream(Encoding.UTF8.GetBytes("x"))
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw exception();
    }

    private sealed class Closing() : StringContent("{}")
    {
        public bool IsClosed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Hostile : Exception
    {
        public override string Message => throw new InvalidOperationException();
    }

    private sealed class BrokenClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => throw new InvalidOperationException("The clock is broken.");
    }
}
