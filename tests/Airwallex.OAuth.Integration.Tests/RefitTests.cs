using System.Net;
using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Refit;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Clients that Refit generates.</summary>
public sealed class RefitTests
{
    [Fact]
    public async Task A_Refit_client_calls_the_API_for_the_account_that_the_selector_names()
    {
        await using var program = new SimulatedProgram(after: services => services
            .AddRefitGeneratedClient<IBalancesApi>().AddAirwallexToken(_ => SimulatedProgram.Account));
        await program.ConnectAsync();

        var balances = await program.Get<IBalancesApi>().GetCurrentAsync();

        Assert.Contains(balances, balance => balance.Currency == "EUR");
        Assert.Equal([(SimulatedProgram.Account, 200)], program.ApiRequests);
    }

    [Fact]
    public async Task A_Refit_client_over_a_bound_client_calls_for_its_account()
    {
        await using var program = new SimulatedProgram();
        await program.ConnectAsync("acct_one");
        await program.ConnectAsync("acct_two");

        await RestService.ForGenerated<IBalancesApi>(program.ClientOf("acct_two")).GetCurrentAsync();

        Assert.Equal([("acct_two", 200)], program.ApiRequests);
    }

    [Fact]
    public async Task A_body_that_Refit_buffers_is_sent_again_after_a_401()
    {
        await using var program = new SimulatedProgram(after: services => services
            .AddRefitGeneratedClient<IBalancesApi>().AddAirwallexToken(_ => SimulatedProgram.Account));
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));

        using var response = await program.Get<IBalancesApi>().CreateAsync(new Transfer("USD", 10));

        // The simulator has no transfers; the token was good.
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal([401, 404], program.ApiRequests.Select(request => request.Status));
        Assert.Equal(1, program.Refreshes);
    }

    [Fact]
    public async Task A_body_that_Refit_streams_has_its_401_passed_on_and_the_token_is_replaced()
    {
        await using var program = new SimulatedProgram(after: services => services
            .AddRefitGeneratedClient<IBalancesApi>().AddAirwallexToken(_ => SimulatedProgram.Account));
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));

        using var first = await program.Get<IBalancesApi>().CreateStreamedAsync(new Transfer("USD", 10));
        using var next = await program.Get<IBalancesApi>().CreateStreamedAsync(new Transfer("USD", 10));

        Assert.Equal([HttpStatusCode.Unauthorized, HttpStatusCode.NotFound], [first.StatusCode, next.StatusCode]);
        Assert.Equal(1, program.Refreshes);
    }

    public sealed record Transfer(string Currency, decimal Amount);

    public sealed record Balance(string Currency);

    public interface IBalancesApi
    {
        [Get("/api/v1/balances/current")]
        Task<IReadOnlyList<Balance>> GetCurrentAsync();

        [Post("/api/v1/transfers/create")]
        Task<HttpResponseMessage> CreateAsync([Body(buffered: true)] Transfer transfer);

        [Post("/api/v1/transfers/create")]
        Task<HttpResponseMessage> CreateStreamedAsync([Body] Transfer transfer);
    }
}
