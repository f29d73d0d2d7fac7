using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

/// <summary>
/// Slow responses, brownouts, outages, and requests that are worked on although their client is gone.
/// </summary>
public sealed class SlownessTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task An_abandoned_request_is_carried_out_and_others_get_429_until_then()
    {
        var tokens = await _client.ConnectAsync();
        await AbandonAsync(
            tokens.RefreshToken!, Fault.Delay(TimeSpan.FromSeconds(40)).Then(Fault.FinishWhenAbandoned()));

        var meanwhile = await _client.RefreshAsync(tokens.RefreshToken);
        Assert.Equal((HttpStatusCode.TooManyRequests, "too_many_requests"), (meanwhile.Status, meanwhile.Error));
        Assert.Equal(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));

        await AdvanceAsync(40);
        var abandoned = _client.Simulator.Journal.Single(
            entry => entry is { Issued: true, GrantType: "refresh_token" });
        Assert.Null(abandoned.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.True(_client.Simulator.Journal[^1].GraceReplay);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_request_that_rotated_first_stays_in_flight_when_it_is_abandoned()
    {
        var tokens = await _client.ConnectAsync();
        await AbandonAsync(
            tokens.RefreshToken!, Fault.DelayResponse(TimeSpan.FromSeconds(40)).Then(Fault.FinishWhenAbandoned()));

        Assert.NotEqual(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        await AdvanceAsync(40);
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
    }

    [Fact]
    public async Task Requests_of_an_outage_lose_their_responses_and_later_ones_do_not()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.During(
            FaultTarget.Token, TimeSpan.FromSeconds(50), Fault.DropResponseAfterRotating());

        await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));
        _client.Time.Advance(TimeSpan.FromSeconds(49.9));
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.RefreshAsync(tokens.RefreshToken));
        _client.Time.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public void Requests_of_a_brownout_take_as_long_as_is_drawn_the_same_every_time()
    {
        var delays = Run();

        Assert.Equal(delays, Run());
        Assert.InRange(delays.Distinct().Count(), 4, 8);

        static List<string> Run()
        {
            using var client = new SimulatorClient();
            client.Simulator.Faults.During(
                FaultTarget.Token,
                TimeSpan.FromMinutes(2),
                random => Fault.DelayResponse(TimeSpan.FromSeconds(random.Next(9, 51))),
                seed: 7);
            return [.. Enumerable.Range(0, 8).Select(_ => client.Simulator.Faults.Take(FaultTarget.Token)!.ToString())];
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_response_takes_50_s_and_arrives(bool rotatesFirst)
    {
        var tokens = await _client.ConnectAsync();
        var delay = TimeSpan.FromSeconds(50);
        _client.Simulator.Faults.During(
            FaultTarget.Token, TimeSpan.FromMinutes(2), rotatesFirst ? Fault.DelayResponse(delay) : Fault.Delay(delay));
        var slow = _client.RefreshAsync(tokens.RefreshToken);
        await _client.UntilDelayedAsync(1);

        var isRotated = _client.Simulator.CurrentRefreshToken(tokens.AccountId!) != tokens.RefreshToken;
        _client.Time.Advance(delay);

        Assert.Equal(rotatesFirst, isRotated);
        Assert.Equal(HttpStatusCode.OK, (await slow).Status);
    }

    [Fact]
    public async Task A_queued_fault_comes_before_an_episode_and_an_episode_before_a_lasting_one()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.Faults.Always(FaultTarget.Api, Fault.Status(500));
        _client.Simulator.Faults.During(FaultTarget.Api, TimeSpan.FromMinutes(1), Fault.Status(502));
        _client.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(503));

        Assert.Equal(503, (int)await _client.CallApiAsync(tokens.AccessToken));
        Assert.Equal(502, (int)await _client.CallApiAsync(tokens.AccessToken));
        _client.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(500, (int)await _client.CallApiAsync(tokens.AccessToken));
    }

    private async Task AbandonAsync(string refreshToken, Fault fault)
    {
        _client.Simulator.Faults.Next(FaultTarget.Token, fault);
        using var patience = new CancellationTokenSource();
        var refresh = _client.RefreshAsync(refreshToken, patience.Token);
        await _client.UntilDelayedAsync(1);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
    }

    private async Task AdvanceAsync(int seconds)
    {
        _client.Time.Advance(TimeSpan.FromSeconds(seconds));
        while (_client.Simulator.DelayedRequests > 0 || _client.Simulator.Journal.Count < 3)
        {
            await Task.Yield();
        }
    }
}
