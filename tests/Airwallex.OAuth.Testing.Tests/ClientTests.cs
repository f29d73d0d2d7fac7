using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

/// <summary>Several applications: what belongs to one is nothing to another.</summary>
public sealed class ClientTests : IDisposable
{
    private readonly SimulatorClient _client = new();
    private readonly SimulatedClient _other;

    public ClientTests() => _other = _client.Simulator.AddClient("other-client", "other-secret", "Other application");

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Each_client_connects_the_same_account_with_tokens_of_its_own()
    {
        var one = await _client.ConnectAsync("acct_1");
        var two = await ConnectOtherAsync("acct_1");

        Assert.Equal(("acct_1", "acct_1"), (one.AccountId, two.AccountId));
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(one.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.OK, (await RefreshOtherAsync(two.RefreshToken!)).Status);
        Assert.Equal(
            ["simulated-client-id", "other-client"],
            _client.Simulator.Journal.Select(entry => entry.ClientId).Distinct());
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_refresh_token_of_another_client_is_refused_and_nothing_happens_to_it()
    {
        var tokens = await _client.ConnectAsync("acct_1");

        var refused = await RefreshOtherAsync(tokens.RefreshToken!);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (refused.Status, refused.Error));
        Assert.Equal([RuleName.TokenOfAnotherClient], _client.Violations);
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(tokens.RefreshToken)).Status);
        Assert.Single(_client.Violations);
    }

    [Fact]
    public async Task A_refresh_token_of_another_client_is_refused_beyond_its_grace_period_without_a_revocation()
    {
        var first = await _client.ConnectAsync("acct_1");
        var second = await _client.RefreshAsync(first.RefreshToken);
        _client.Time.Advance(TimeSpan.FromSeconds(61));

        await RefreshOtherAsync(first.RefreshToken!);

        Assert.Equal([RuleName.TokenOfAnotherClient], _client.Violations);
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(second.RefreshToken)).Status);
    }

    [Fact]
    public async Task A_request_of_another_client_is_not_in_flight_for_the_family()
    {
        var tokens = await _client.ConnectAsync("acct_1");
        _client.Simulator.Faults.Next(FaultTarget.Token, Fault.Delay(TimeSpan.FromSeconds(9)));
        var others = RefreshOtherAsync(tokens.RefreshToken!);
        await _client.UntilDelayedAsync(1);

        var own = await _client.RefreshAsync(tokens.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, own.Status);
        _client.Time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal("invalid_grant", (await others).Error);
        Assert.DoesNotContain(RuleName.ConcurrentRefresh, _client.Violations);
    }

    [Fact]
    public async Task A_code_of_another_client_is_refused_and_can_still_be_exchanged()
    {
        var code = _client.Simulator.ConnectAccount("acct_1", client: _other);

        var refused = await _client.ExchangeAsync(code);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (refused.Status, refused.Error));
        Assert.Equal([RuleName.TokenOfAnotherClient], _client.Violations);
        Assert.Equal(HttpStatusCode.OK, (await ExchangeOtherAsync(code)).Status);
    }

    [Fact]
    public async Task A_client_needs_its_own_secret_and_can_change_it()
    {
        var tokens = await ConnectOtherAsync("acct_1");
        Assert.Equal(
            "invalid_client", (await RefreshOtherAsync(tokens.RefreshToken!, "simulated-client-secret")).Error);

        _other.ChangeSecret("next-secret");

        Assert.Equal("invalid_client", (await RefreshOtherAsync(tokens.RefreshToken!, "other-secret")).Error);
        Assert.Equal(HttpStatusCode.OK, (await RefreshOtherAsync(tokens.RefreshToken!, "next-secret")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _client.ConnectAsync("acct_2")).Status);
    }

    [Fact]
    public async Task A_user_disconnects_one_application_or_all()
    {
        var one = await _client.ConnectAsync("acct_1");
        var two = await ConnectOtherAsync("acct_1");

        _client.Simulator.RevokeByUser("acct_1", _other);
        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(one.AccessToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(two.AccessToken));

        _client.Simulator.RevokeByUser("acct_1");
        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(one.AccessToken));
    }

    [Fact]
    public void A_redirect_uri_is_whitelisted_for_one_client()
    {
        _other.AllowRedirectUri(new Uri("https://other.example/callback"));

        Assert.Throws<ArgumentException>(
            () => _client.Simulator.ConnectAccount(redirectUri: new Uri("https://other.example/callback")));
        Assert.NotNull(_client.Simulator.ConnectAccount(
            redirectUri: new Uri("https://other.example/callback"), client: _other));
    }

    [Fact]
    public async Task The_consent_page_names_the_application_that_asks()
    {
        var account = _client.Simulator.Server.FindOrCreateAccount("acct_1");
        var url = "oauth/authorize?response_type=code&client_id=other-client&redirect_uri=http://localhost/callback"
            + $"&state=s&scope=balance:read&simulated_account={account.Id}";

        var page = await _client.Http.GetStringAsync(url);

        Assert.Contains("Other application", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_that_the_customer_gave_one_client_is_that_clients()
    {
        _client.Simulator.NextAccount("acct_1");
        var back = new Uri(_client.Simulator.Authorize(new Uri(
            "http://localhost/oauth/authorize?response_type=code&client_id=other-client"
            + "&redirect_uri=http://localhost/callback&state=s&scope=balance:read")));
        var code = AuthorizationResponse.Parse(back).Code!;

        Assert.Equal("invalid_grant", (await _client.ExchangeAsync(code)).Error);
        Assert.Equal(HttpStatusCode.OK, (await ExchangeOtherAsync(code)).Status);
    }

    [Fact]
    public void A_webhook_names_the_application()
    {
        _client.Simulator.Server.FindOrCreateAccount("acct_1");

        var webhook = _client.Simulator.CreateWebhook("s", "partner_connection.disconnected", "acct_1", _other);

        Assert.Contains("\"app_id\":\"other-client\"", webhook.Body, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_id_can_be_added_once()
    {
        Assert.Throws<ArgumentException>(() => _client.Simulator.AddClient("other-client", "secret"));
        Assert.Throws<ArgumentException>(() => _client.Simulator.AddClient("simulated-client-id", "secret"));
    }

    private Task<TokenReply> ConnectOtherAsync(string accountId) =>
        ExchangeOtherAsync(_client.Simulator.ConnectAccount(accountId, client: _other));

    private Task<TokenReply> ExchangeOtherAsync(string code) => _client.PostAsync(new Dictionary<string, string>
    {
        ["client_id"] = _other.ClientId,
        ["client_secret"] = _other.ClientSecret,
        ["code"] = code,
        ["grant_type"] = "authorization_code",
        ["redirect_uri"] = "http://localhost/callback",
    });

    private Task<TokenReply> RefreshOtherAsync(string refreshToken, string? secret = null) =>
        _client.PostAsync(new Dictionary<string, string>
        {
            ["client_id"] = _other.ClientId,
            ["client_secret"] = secret ?? _other.ClientSecret,
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = refreshToken,
        });
}
