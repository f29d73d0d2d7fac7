using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class FaultTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_response_dropped_before_rotating_leaves_the_token_unused()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseBeforeRotating());

        var broken = await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));

        Assert.Equal(HttpRequestError.ResponseEnded, broken.HttpRequestError);
        Assert.Equal(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        Assert.Null(_client.Simulator.Journal[^1].StatusCode);
    }

    [Fact]
    public async Task A_response_dropped_after_rotating_can_be_recovered_inside_the_grace_period()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());

        await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));
        Assert.NotEqual(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        Assert.True(_client.Simulator.Journal[^1] is { StatusCode: null, Issued: true });

        var recovered = await _client.RefreshAsync(tokens.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, recovered.Status);
        Assert.True(_client.Simulator.Journal[^1].GraceReplay);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_status_is_sent_in_place_of_rotating()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503), times: 2);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.Equal(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_fault_of_one_account_passes_the_others_by()
    {
        var one = await _client.ConnectAsync("acct_1");
        var other = await _client.ConnectAsync("acct_2");
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503), accountId: "acct_1");

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(other.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _client.RefreshAsync(one.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(one.RefreshToken)).Status);
    }

    [Fact]
    public void A_fault_of_the_api_cannot_be_for_one_account() => Assert.Throws<ArgumentException>(
        () => _client.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(503), accountId: "acct_1"));

    [Fact]
    public async Task A_status_after_rotating_costs_the_token()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.StatusAfterRotating(500));

        Assert.Equal(HttpStatusCode.InternalServerError, (await _client.RefreshAsync(tokens.RefreshToken)).Status);

        Assert.NotEqual(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        Assert.Equal(500, _client.Simulator.Journal[^1].StatusCode);
    }

    [Fact]
    public async Task A_body_is_sent_in_place_of_the_tokens()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Body("<html></html>", "text/html"));

        var response = await _client.RefreshAsync(tokens.RefreshToken);

        Assert.Equal((HttpStatusCode.OK, "<html></html>"), (response.Status, response.Body));
        Assert.NotEqual(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
    }

    [Fact]
    public async Task A_client_that_gives_up_during_a_delay_has_not_used_its_token()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(30)));
        using var patience = new CancellationTokenSource();
        var refresh = _client.RefreshAsync(tokens.RefreshToken, patience.Token);
        await _client.UntilDelayedAsync(1);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.False(_client.Simulator.Journal[^1].GraceReplay);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_client_that_gives_up_during_a_delayed_response_has_used_its_token()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(30)));
        using var patience = new CancellationTokenSource();
        var refresh = _client.RefreshAsync(tokens.RefreshToken, patience.Token);
        await _client.UntilDelayedAsync(1);

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.True(_client.Simulator.Journal[^1].GraceReplay);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_refresh_stays_in_flight_until_its_delayed_response_is_sent()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(1)));
        var slow = _client.RefreshAsync(tokens.RefreshToken);
        await _client.UntilDelayedAsync(1);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await _client.RefreshAsync(tokens.RefreshToken)).Status);

        _client.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await slow).Status);
    }

    [Fact]
    public async Task Faults_compose()
    {
        var tokens = await _client.ConnectAsync();
        var fault = Fault.Delay(TimeSpan.FromSeconds(5))
            .Then(Fault.Status(429, """{"error":"too_many_requests"}"""))
            .Then(Fault.RetryAfter(TimeSpan.FromSeconds(1.5)));
        _client.Simulator.Faults.Next(FaultTarget.Token, fault);

        var refresh = _client.RefreshAsync(tokens.RefreshToken);
        await _client.UntilDelayedAsync(1);
        _client.Time.Advance(TimeSpan.FromSeconds(5));
        var response = await refresh;

        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_requests"), (response.Status, response.Error));
        Assert.Equal(TimeSpan.FromSeconds(2), response.RetryAfter);
        Assert.Equal("delay 5 s, status 429, Retry-After 2 s", _client.Simulator.Journal[^1].Fault);
    }

    [Fact]
    public async Task A_fault_can_stay_until_it_is_cleared()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Always(FaultTarget.Api, Fault.Status(500));
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await _client.CallApiAsync(tokens.AccessToken));
        }

        _client.Simulator.Faults.Clear(FaultTarget.Api);
        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task A_fault_can_hit_a_random_share_of_requests_repeatably()
    {
        var first = await RunAsync();
        var second = await RunAsync();

        Assert.Equal(first, second);
        Assert.InRange(first.Count(failed => failed), 20, 40);

        static async Task<List<bool>> RunAsync()
        {
            using var client = new SimulatorClient();
            var tokens = await client.ConnectAsync();
            client.Simulator.Faults.Randomly(FaultTarget.Api, 0.3, Fault.Status(500), seed: 7);
            List<bool> failed = [];
            for (var i = 0; i < 100; i++)
            {
                failed.Add(await client.CallApiAsync(tokens.AccessToken) != HttpStatusCode.OK);
            }
            return failed;
        }
    }

    [Fact]
    public async Task A_broken_connection_to_the_API_is_broken_for_the_caller_too()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Next(FaultTarget.Api, Fault.DropResponseAfterRotating());

        await Assert.ThrowsAsync<HttpRequestException>(() => _client.CallApiAsync(tokens.AccessToken));
    }
}
