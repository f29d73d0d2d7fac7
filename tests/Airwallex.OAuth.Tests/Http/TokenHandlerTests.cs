using System.Net.Http.Headers;
using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Http;

[Collection(VirtualTime.Name)]
public sealed class TokenHandlerTests
{
    [Fact]
    public async Task The_token_of_the_chosen_account_is_attached()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var one = await app.ConnectAsync();
        var two = await app.ConnectAsync("acct_two");

        await app.ClientOf().GetAsync("api/v1/account");
        await app.ClientOf("acct_two").GetAsync("api/v1/account");

        Assert.Equal([one.Tokens.AccessToken, two.Tokens.AccessToken], wire.Requests.Select(request => request.Token));
        Assert.All(wire.Requests, request => Assert.Equal("Bearer", request.Scheme));
    }

    [Fact]
    public async Task One_pooled_client_serves_many_accounts_at_once_and_mixes_none_up()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services.AddHttpClient("shared").AddAirwallexToken());
        var tokens = new Dictionary<string, string>();
        for (var i = 0; i < 20; i++)
        {
            tokens[$"acct_{i}"] = (await app.ConnectAsync($"acct_{i}")).Tokens.AccessToken;
        }

        var client = app.Get<IHttpClientFactory>().CreateClient("shared");
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(() => client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"acct_{i % 20}").SetAirwallexAccount($"acct_{i % 20}")))));

        Assert.Equal(400, wire.Requests.Count);
        Assert.All(wire.Requests, request => Assert.Equal(tokens[request.Path.TrimStart('/')], request.Token));
    }

    [Fact]
    public async Task A_request_without_an_account_is_not_sent()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services.AddHttpClient("plain").AddAirwallexToken());

        var refused = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Get<IHttpClientFactory>().CreateClient("plain").GetAsync("api/v1/account"));

        Assert.Contains("SetAirwallexAccount", refused.Message, StringComparison.Ordinal);
        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task A_request_for_an_account_that_is_not_connected_is_not_sent()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();

        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.ClientOf("acct_unknown").GetAsync("api/v1/account"));

        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task The_selector_names_the_account_unless_the_request_does()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services.AddHttpClient("tenant").AddAirwallexToken(_ => TestApp.Account));
        var one = await app.ConnectAsync();
        var two = await app.ConnectAsync("acct_two");
        var client = app.Get<IHttpClientFactory>().CreateClient("tenant");

        await client.GetAsync("a");
        await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "b").SetAirwallexAccount("acct_two"));

        Assert.Equal([one.Tokens.AccessToken, two.Tokens.AccessToken], wire.Requests.Select(request => request.Token));
    }

    [Fact]
    public async Task A_selector_that_knows_no_account_fails_the_request()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services.AddHttpClient("tenant").AddAirwallexToken(_ => null));

        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Get<IHttpClientFactory>().CreateClient("tenant").GetAsync("a"));
        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task A_typed_client_is_given_the_base_address_and_the_pinned_version()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(
            services => services.AddHttpClient<BalancesClient>().AddAirwallexToken(_ => TestApp.Account),
            options => options.ApiVersion = "2025-04-25");
        await app.ConnectAsync();

        await app.Get<BalancesClient>().GetAsync();

        var request = Assert.Single(wire.Requests);
        Assert.Equal("/api/v1/balances/current", request.Path);
        Assert.Equal("2025-04-25", request.Version);
    }

    [Fact]
    public async Task Without_a_pinned_version_no_version_is_sent()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        await app.ConnectAsync();

        await app.ClientOf().GetAsync("a");

        Assert.Null(Assert.Single(wire.Requests).Version);
    }

    [Fact]
    public async Task A_base_address_that_is_set_is_kept()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services
            .AddHttpClient("mine", client => client.BaseAddress = new Uri("http://localhost/mine/")).AddAirwallexToken(_ => TestApp.Account));
        await app.ConnectAsync();

        await app.Get<IHttpClientFactory>().CreateClient("mine").GetAsync("a");

        Assert.Equal("/mine/a", Assert.Single(wire.Requests).Path);
    }

    [Fact]
    public async Task A_client_of_the_factory_goes_through_what_was_configured_for_its_name()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp(services => services
            .AddHttpClient("mine", client => client.DefaultRequestHeaders.UserAgent.ParseAdd("mine/1.0")).AddAirwallexToken());
        var connection = await app.ConnectAsync();

        await app.Get<AirwallexClientFactory>().CreateClient(TestApp.Account, "mine").GetAsync("a");

        var request = Assert.Single(wire.Requests);
        Assert.Equal(connection.Tokens.AccessToken, request.Token);
        Assert.Equal("mine/1.0", request.UserAgent);
    }

    [Fact]
    public async Task A_synchronous_send_is_refused()
    {
        await using var app = new ApiDouble().NewApp();
        await app.ConnectAsync();

        Assert.Throws<NotSupportedException>(() => app.ClientOf().Send(new HttpRequestMessage(HttpMethod.Get, "a")));
    }

    [Fact]
    public async Task A_token_that_the_caller_set_himself_is_replaced()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        var connection = await app.ConnectAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "a");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "stale");

        await app.ClientOf().SendAsync(request);

        Assert.Equal(connection.Tokens.AccessToken, Assert.Single(wire.Requests).Token);
    }

    [Fact]
    public async Task A_caller_who_gives_up_while_waiting_for_a_token_sends_nothing()
    {
        var wire = new ApiDouble();
        await using var app = wire.NewApp();
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(2)));
        using var givesUp = new CancellationTokenSource();
        var call = app.ClientOf().GetAsync("a", givesUp.Token);
        await app.AdvanceUntilAsync(() => app.Simulator.RequestsHeldBack == 1);

        await givesUp.CancelAsync();
        await app.AdvanceAsync(3);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Empty(wire.Requests);
    }

    [Fact]
    public async Task AddAirwallexToken_without_AddAirwallexOAuth_says_so()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("mine").AddAirwallexToken();
        await using var provider = services.BuildServiceProvider();

        var refused = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("mine"));

        Assert.Contains("AddAirwallexOAuth", refused.Message, StringComparison.Ordinal);
    }

    private sealed class BalancesClient(HttpClient http)
    {
        public Task<HttpResponseMessage> GetAsync() => http.GetAsync("api/v1/balances/current");
    }
}
