using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class KestrelTests
{
    [Fact]
    public async Task The_simulator_runs_on_a_free_loopback_port()
    {
        await using var simulator = await AirwallexSimulator.StartAsync();
        using var http = new HttpClient();

        Assert.True(simulator.BaseAddress.IsLoopback);
        Assert.NotEqual(0, simulator.BaseAddress.Port);
        var tokens = await PostAsync(http, simulator, Exchange(simulator));
        var refreshed = await PostAsync(http, simulator, Refresh(tokens.RefreshToken!));
        using var call = new HttpRequestMessage(HttpMethod.Get, new Uri(simulator.ApiBaseAddress, "api/v1/account"));
        call.Headers.Authorization = new("Bearer", refreshed.AccessToken);
        using var answer = await http.SendAsync(call);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_dropped_answer_is_a_broken_connection()
    {
        await using var simulator = await AirwallexSimulator.StartAsync();
        using var http = new HttpClient();
        var tokens = await PostAsync(http, simulator, Exchange(simulator));
        simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());

        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(http, simulator, Refresh(tokens.RefreshToken!)));

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, simulator, Refresh(tokens.RefreshToken!))).Status);
        Assert.True(simulator.Journal[^1].GraceReplay);
    }

    [Fact]
    public async Task A_client_that_hangs_up_during_a_delay_leaves_nothing_in_flight()
    {
        await using var simulator = await AirwallexSimulator.StartAsync();
        using var http = new HttpClient();
        var tokens = await PostAsync(http, simulator, Exchange(simulator));
        simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromMinutes(10)));
        using var patience = new CancellationTokenSource();
        var refresh = PostAsync(http, simulator, Refresh(tokens.RefreshToken!), patience.Token);
        while (simulator.DelayedRequests == 0) await Task.Yield();

        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => refresh);
        while (simulator.DelayedRequests > 0) await Task.Yield();

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(http, simulator, Refresh(tokens.RefreshToken!))).Status);
        Assert.False(simulator.Journal[^1].GraceReplay);
        simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Stopping_cuts_off_a_request_that_is_held_back()
    {
        var simulator = await AirwallexSimulator.StartAsync();
        using var http = new HttpClient();
        simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromMinutes(10)));
        var exchange = PostAsync(http, simulator, Exchange(simulator));
        while (simulator.DelayedRequests == 0) await Task.Yield();

        await simulator.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => exchange);
    }

    [Fact]
    public async Task A_fixed_port_can_be_taken_again_after_a_restart()
    {
        var first = await AirwallexSimulator.StartAsync();
        var port = first.BaseAddress.Port;
        await first.DisposeAsync();

        await using var second = await AirwallexSimulator.StartAsync(new() { Port = port });

        Assert.Equal(port, second.BaseAddress.Port);
    }

    private static Dictionary<string, string> Exchange(AirwallexSimulator simulator) => new()
    {
        ["client_id"] = "simulated-client-id",
        ["client_secret"] = "simulated-client-secret",
        ["code"] = simulator.ConnectAccount(),
        ["grant_type"] = "authorization_code",
        ["redirect_uri"] = "http://localhost/callback",
    };

    private static Dictionary<string, string> Refresh(string refreshToken) => new()
    {
        ["client_id"] = "simulated-client-id",
        ["client_secret"] = "simulated-client-secret",
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = refreshToken,
    };

    private static async Task<TokenReply> PostAsync(
        HttpClient http, AirwallexSimulator simulator, Dictionary<string, string> form,
        CancellationToken cancellationToken = default)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await http.PostAsync(simulator.TokenEndpoint, content, cancellationToken);
        return new TokenReply(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }
}
