using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Http;

public sealed class TokenHandlerTests
{
    [Fact]
    public async Task The_token_of_the_chosen_account_is_attached()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        await program.ConnectAsync("acct_two");

        await program.ClientOf().GetAsync("api/v1/account");
        await program.ClientOf("acct_two").GetAsync("api/v1/account");

        Assert.Equal(
            [ApiDouble.TokenOf("acct_one"), ApiDouble.TokenOf("acct_two")],
            program.Api.Requests.Select(request => request.Token));
        Assert.All(program.Api.Requests, request => Assert.Equal("Bearer", request.Authorization!.Scheme));
    }

    [Fact]
    public async Task One_pooled_client_serves_many_accounts_at_once_and_mixes_none_up()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("shared").AddAirwallexToken());
        foreach (var account in Enumerable.Range(0, 20))
        {
            await program.ConnectAsync($"acct_{account}");
        }

        var client = program.Client("shared");
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Task.Run(() => client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, $"acct_{i % 20}").SetAirwallexAccount($"acct_{i % 20}")))));

        Assert.Equal(400, program.Api.Requests.Count);
        Assert.All(
            program.Api.Requests,
            request => Assert.Equal(ApiDouble.TokenOf(request.Path.TrimStart('/')), request.Token));
    }

    [Fact]
    public async Task A_request_without_an_account_is_not_sent()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("plain").AddAirwallexToken());

        var refused = await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => program.Client("plain").GetAsync("api/v1/account"));

        Assert.Contains("SetAirwallexAccount", refused.Message, StringComparison.Ordinal);
        Assert.Empty(program.Api.Requests);
    }

    [Fact]
    public async Task A_request_for_an_account_that_is_not_connected_is_not_sent()
    {
        await using var program = new ApiProgram();

        await Assert.ThrowsAsync<ConnectionNotFoundException>(
            () => program.ClientOf("acct_unknown").GetAsync("api/v1/account"));

        Assert.Empty(program.Api.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" acct_one")]
    [InlineData("acct_one\n")]
    [InlineData("acct\u0085one")]
    public async Task A_malformed_account_id_is_refused_where_it_is_given(string accountId)
    {
        await using var program = new ApiProgram();
        using var request = new HttpRequestMessage(HttpMethod.Get, "a");

        Assert.ThrowsAny<ArgumentException>(() => request.SetAirwallexAccount(accountId));
        Assert.ThrowsAny<ArgumentException>(() => program.ClientOf(accountId));
        Assert.ThrowsAny<ArgumentException>(() => program.ClientOf(new string('a', 256)));
    }

    [Fact]
    public async Task The_selector_names_the_account_unless_the_request_does()
    {
        await using var program = new ApiProgram(
            services => services.AddHttpClient("tenant").AddAirwallexToken(_ => ApiProgram.Account));
        await program.ConnectAsync();
        await program.ConnectAsync("acct_two");
        var client = program.Client("tenant");

        await client.GetAsync("a");
        await client.SendAsync(new HttpRequestMessage(HttpMethod.Get, "b").SetAirwallexAccount("acct_two"));

        Assert.Equal(
            [ApiDouble.TokenOf("acct_one"), ApiDouble.TokenOf("acct_two")],
            program.Api.Requests.Select(request => request.Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("acct_one\r\n")]
    [InlineData(" ")]
    public async Task A_selector_that_knows_no_account_fails_the_request(string? selected)
    {
        await using var program = new ApiProgram(
            services => services.AddHttpClient("tenant").AddAirwallexToken(_ => selected));

        await Assert.ThrowsAsync<AirwallexOAuthException>(() => program.Client("tenant").GetAsync("a"));
        Assert.Empty(program.Api.Requests);
    }

    [Fact]
    public async Task A_synchronous_send_is_refused()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();

        var refused = Assert.Throws<NotSupportedException>(
            () => program.ClientOf().Send(new HttpRequestMessage(HttpMethod.Get, "a")));

        Assert.Contains("SendAsync", refused.Message, StringComparison.Ordinal);
        Assert.Empty(program.Api.Requests);
    }

    [Fact]
    public async Task A_token_that_the_caller_set_is_replaced()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "a");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "stale");

        await program.ClientOf().SendAsync(request);

        Assert.Equal(ApiDouble.TokenOf(ApiProgram.Account), Assert.Single(program.Api.Requests).Token);
    }

    [Fact]
    public async Task A_token_that_has_expired_is_refreshed_before_the_request_goes_out()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Time.Advance(TimeSpan.FromMinutes(6));

        await program.ClientOf().GetAsync("a");

        Assert.Equal(ApiDouble.TokenOf(ApiProgram.Account, 2), Assert.Single(program.Api.Requests).Token);
    }

    [Fact]
    public async Task A_handler_added_twice_counts_once_and_the_last_call_counts()
    {
        await using var program = new ApiProgram(services => services.AddHttpClient("mine")
            .AddAirwallexToken(_ => "acct_unknown")
            .AddAirwallexToken(_ => ApiProgram.Account));
        await program.ConnectAsync();
        program.Api.Respond = _ => System.Net.HttpStatusCode.Unauthorized;

        await program.Client("mine").GetAsync("a");

        Assert.Equal(2, program.Api.Requests.Count); // Once, and once again with a new token.
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_for_one_client_counts_more_than_one_for_all_clients(bool defaultsFirst)
    {
        Action<IServiceCollection> forAll = services => services.ConfigureHttpClientDefaults(
            client => client.AddAirwallexToken(_ => "acct_unknown"));
        await using var program = new ApiProgram(services =>
        {
            (defaultsFirst ? forAll : static _ => { })(services);
            services.AddHttpClient("mine").AddAirwallexToken(_ => ApiProgram.Account);
            (defaultsFirst ? static _ => { } : forAll)(services);
        });
        await program.ConnectAsync();

        await program.Client("mine").GetAsync("a");

        Assert.Equal(ApiDouble.TokenOf(ApiProgram.Account), Assert.Single(program.Api.Requests).Token);
    }

    [Fact]
    public void AddAirwallexToken_without_AddAirwallexOAuth_says_so()
    {
        var services = new ServiceCollection();
        services.AddHttpClient("mine").AddAirwallexToken();
        using var provider = services.BuildServiceProvider();

        var refused = Assert.Throws<InvalidOperationException>(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("mine"));

        Assert.Contains("AddAirwallexOAuth", refused.Message, StringComparison.Ordinal);
    }
}
