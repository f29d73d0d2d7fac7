using System.IdentityModel.Tokens.Jwt;
using System.Net;
using System.Text.Json;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class ApiTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task An_access_token_reads_its_own_account_until_it_expires()
    {
        var one = await _client.ConnectAsync("acct_1");
        await _client.ConnectAsync("acct_2");
        using var response = await _client.GetAsync("api/v1/account", one.AccessToken);
        using var account = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("acct_1", account.RootElement.GetProperty("id").GetString());

        _client.Time.Advance(TimeSpan.FromSeconds(299.999));
        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(one.AccessToken));

        _client.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(one.AccessToken));
    }

    [Fact]
    public async Task Balances_are_a_list_by_currency()
    {
        var tokens = await _client.ConnectAsync();
        using var response = await _client.GetAsync("api/v1/balances/current", tokens.AccessToken);
        using var balances = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        foreach (var balance in balances.RootElement.EnumerateArray())
        {
            Assert.Equal(3, balance.GetProperty("currency").GetString()!.Length);
            Assert.Equal(
                Amount(balance, "total_amount"),
                Amount(balance, "available_amount") + Amount(balance, "pending_amount") +
                    Amount(balance, "reserved_amount"));
        }

        static decimal Amount(JsonElement balance, string name) => balance.GetProperty(name).GetDecimal();
    }

    [Theory]
    [InlineData(null, HttpStatusCode.Forbidden, "forbidden")]
    [InlineData("made-up", HttpStatusCode.Unauthorized, "unauthorized")]
    public async Task Without_a_good_token_the_error_is_in_the_form_of_the_Airwallex_API(
        string? token, HttpStatusCode status, string code)
    {
        using var response = await _client.GetAsync("api/v1/account", token);
        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());

        Assert.Equal(status, response.StatusCode);
        Assert.Equal(code, error.RootElement.GetProperty("code").GetString());
        Assert.NotEmpty(error.RootElement.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task A_refresh_leaves_the_earlier_access_token_alive()
    {
        var first = await _client.ConnectAsync();
        await _client.RefreshAsync(first.RefreshToken);

        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(first.AccessToken));
    }

    [Fact]
    public async Task An_unknown_resource_asks_for_a_good_token_before_it_is_not_found()
    {
        var tokens = await _client.ConnectAsync();
        using var unknown = await _client.GetAsync("api/v1/transfers", tokens.AccessToken);
        using var refused = await _client.GetAsync("api/v1/transfers", "made-up");
        using var elsewhere = await _client.GetAsync("elsewhere", null);

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, elsewhere.StatusCode);
    }

    [Fact]
    public async Task Access_tokens_are_JWTs_with_the_documented_lifetime()
    {
        var tokens = await _client.ConnectAsync("acct_1");

        var jwt = new JwtSecurityToken(tokens.AccessToken);

        Assert.Equal("HS256", jwt.SignatureAlgorithm);
        Assert.Equal("acct_1", jwt.Subject);
        Assert.Equal(_client.Time.GetUtcNow().AddSeconds(300).UtcDateTime, jwt.ValidTo);
        Assert.Equal(_client.Time.GetUtcNow().UtcDateTime, jwt.IssuedAt);
        Assert.NotEmpty(jwt.Id);
    }

    [Fact]
    public async Task Access_tokens_can_be_opaque()
    {
        using var client = new SimulatorClient(new() { OpaqueAccessTokens = true });
        var tokens = await client.ConnectAsync();

        Assert.DoesNotContain('.', tokens.AccessToken!);
        Assert.Equal(HttpStatusCode.OK, await client.CallApiAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task A_webhook_is_signed_over_timestamp_and_body()
    {
        var tokens = await _client.ConnectAsync("acct_1");
        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        var webhook = _client.Simulator.CreateWebhook("whsec", "connection.disconnected", "acct_1");
        using var body = JsonDocument.Parse(webhook.Body);
        using var request = webhook.ToRequest(new Uri("http://localhost/hook"));

        var expected = Convert.ToHexString(System.Security.Cryptography.HMACSHA256.HashData(
            "whsec"u8, System.Text.Encoding.UTF8.GetBytes(
                $"{_client.Time.GetUtcNow().ToUnixTimeMilliseconds()}{webhook.Body}")));
        Assert.Equal(expected, webhook.Signature, ignoreCase: true);
        Assert.Equal(webhook.Signature, webhook.Signature.ToLowerInvariant());
        Assert.Equal(webhook.Signature, request.Headers.GetValues("x-signature").Single());
        Assert.Contains("\"2026-03-01T12:00:00+0000\"", webhook.Body);
        Assert.Equal("2026-03-01T12:00:00+0000", body.RootElement.GetProperty("created_at").GetString());
        Assert.Equal("acct_1", body.RootElement.GetProperty("account_id").GetString());
        var data = body.RootElement.GetProperty("data");
        Assert.Equal("DISCONNECTED", data.GetProperty("status").GetString());
        Assert.Equal("r:awx_action:balances_view", data.GetProperty("authorized_scopes")[0].GetString());
    }

    [Fact]
    public async Task A_partner_webhook_names_the_application_and_the_accounts()
    {
        await _client.ConnectAsync("acct_1");

        using var body = JsonDocument.Parse(
            _client.Simulator.CreateWebhook("whsec", "partner_connection.disconnected", "acct_1").Body);

        Assert.Equal("simulated-client-id", body.RootElement.GetProperty("app_id").GetString());
        Assert.Equal("acct_1", body.RootElement.GetProperty("data").GetProperty("account_ids")[0].GetString());
        Assert.Equal("user_initiated", body.RootElement.GetProperty("data").GetProperty("reason").GetString());
    }
}
