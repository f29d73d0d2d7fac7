using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>The standard handlers of Microsoft.Extensions.Http.Resilience, on all clients and on one.</summary>
public sealed class ResilienceTests
{
    public static TheoryData<string, bool> Defaults => new()
    {
        { "resilience", true }, { "resilience", false }, { "hedging", true }, { "hedging", false },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task A_handler_on_all_clients_never_sends_a_token_request_twice(string kind, bool registeredFirst)
    {
        await using var program = With(
            services => services.ConfigureHttpClientDefaults(client => Add(client, kind)), registeredFirst);
        program.Simulator.Faults.Always(FaultTarget.Token, Fault.Status(503));

        await Assert.ThrowsAsync<TokenRequestException>(
            () => program.Get<TokenClient>().RefreshAsync("a-refresh-token"));
        await Assert.ThrowsAsync<TokenRequestException>(() => program.Get<TokenClient>().ExchangeCodeAsync("a-code"));

        Assert.Equal(2, program.TokenRequests);
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public async Task A_handler_on_all_clients_sends_API_requests_again_each_with_a_token(
        string kind, bool registeredFirst)
    {
        await using var program = With(
            services => services.ConfigureHttpClientDefaults(client => Add(client, kind)), registeredFirst);
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(503));

        using var response = await program.ClientOf(SimulatedProgram.Account).GetAsync("api/v1/account");

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal([503, 200], program.ApiRequests.Select(request => request.Status).Order().Reverse());
    }

    [Theory]
    [InlineData("resilience", true)]
    [InlineData("resilience", false)]
    [InlineData("hedging", true)]
    [InlineData("hedging", false)]
    public async Task A_handler_on_one_client_works_outside_and_inside_of_the_token(string kind, bool outside)
    {
        await using var program = new SimulatedProgram(after: services =>
        {
            var client = services.AddHttpClient("mine");
            if (outside)
            {
                Add(client, kind);
            }

            client.AddAirwallexToken(_ => SimulatedProgram.Account);
            if (!outside)
            {
                Add(client, kind);
            }
        });
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(503));
        using var afterFailure = await program.Client("mine").GetAsync("api/v1/account");
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));
        using var afterRejection = await program.Client("mine").GetAsync("api/v1/account");

        Assert.True(afterFailure.IsSuccessStatusCode);
        Assert.True(afterRejection.IsSuccessStatusCode);
        Assert.Equal(1, program.Refreshes);
        Assert.Equal([200, 200, 401, 503], program.ApiRequests.Select(request => request.Status).Order());
    }

    [Fact]
    public async Task A_circuit_that_is_open_for_all_clients_does_not_keep_tokens_from_being_refreshed()
    {
        await using var program = With(
            services => services.ConfigureHttpClientDefaults(client => client.AddStandardResilienceHandler(options =>
            {
                options.Retry.ShouldHandle = static _ => ValueTask.FromResult(false);
                options.CircuitBreaker.MinimumThroughput = 2;
                options.CircuitBreaker.FailureRatio = 0.1;
            })),
            registeredFirst: true);
        await program.ConnectAsync();
        program.Simulator.Faults.Always(FaultTarget.Api, Fault.Status(503));
        for (var i = 0; i < 3; i++)
        {
            await Record.ExceptionAsync(() => program.ClientOf(SimulatedProgram.Account).GetAsync("api/v1/account"));
        }

        await Assert.ThrowsAnyAsync<Polly.CircuitBreaker.BrokenCircuitException>(
            () => program.ClientOf(SimulatedProgram.Account).GetAsync("api/v1/account"));
        await program.Get<AirwallexConnections>().RefreshAsync(SimulatedProgram.Account);

        Assert.Equal(1, program.Refreshes);
    }

    private static SimulatedProgram With(Action<IServiceCollection> register, bool registeredFirst) =>
        registeredFirst ? new SimulatedProgram(before: register) : new SimulatedProgram(after: register);

    private static void Add(IHttpClientBuilder client, string kind)
    {
        if (kind == "resilience")
        {
            client.AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
        }
        else
        {
            client.AddStandardHedgingHandler();
        }
    }
}
