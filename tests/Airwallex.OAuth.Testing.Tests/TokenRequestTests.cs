using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class TokenRequestTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_code_is_good_once()
    {
        var code = _client.Simulator.ConnectAccount();
        var tokens = await _client.ExchangeAsync(code);

        var again = await _client.ExchangeAsync(code);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (again.Status, again.Error));
        Assert.Equal([RuleName.CodeReused], _client.Violations);
        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task A_code_expires_after_ten_minutes()
    {
        var inTime = _client.Simulator.ConnectAccount();
        var late = _client.Simulator.ConnectAccount();

        _client.Time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.OK, (await _client.ExchangeAsync(inTime)).Status);

        _client.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("invalid_grant", (await _client.ExchangeAsync(late)).Error);
    }

    [Fact]
    public async Task A_code_is_bound_to_its_redirect_uri()
    {
        var mismatch = await _client.ExchangeAsync(
            _client.Simulator.ConnectAccount(), redirectUri: "http://localhost/other");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (mismatch.Status, mismatch.Error));
    }

    [Theory]
    [InlineData("a-verifier-of-the-length-that-rfc-7636-asks-for", true)]
    [InlineData("another-verifier", false)]
    [InlineData(null, false)]
    public async Task A_code_is_bound_to_its_PKCE_challenge(string? verifier, bool accepted)
    {
        var challenge = Convert.ToBase64String(
            SHA256.HashData(Encoding.ASCII.GetBytes("a-verifier-of-the-length-that-rfc-7636-asks-for")))
            .TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var code = _client.Simulator.ConnectAccount(codeChallenge: challenge);

        var answer = await _client.ExchangeAsync(code, verifier: verifier);

        Assert.Equal(accepted ? null : "invalid_grant", answer.Error);
    }

    [Fact]
    public async Task A_verifier_without_a_challenge_is_refused()
    {
        var answer = await _client.ExchangeAsync(_client.Simulator.ConnectAccount(), verifier: "unasked-for");

        Assert.Equal("invalid_grant", answer.Error);
    }

    [Theory]
    [InlineData("client_id", "somebody-else")]
    [InlineData("client_secret", "wrong")]
    public async Task A_wrong_client_is_401_and_spends_nothing(string parameter, string value)
    {
        var tokens = await _client.ConnectAsync();
        var form = _client.RefreshForm(tokens.RefreshToken!);
        form[parameter] = value;

        var refused = await _client.PostAsync(form);

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (refused.Status, refused.Error));
        Assert.Equal(tokens.RefreshToken, _client.Simulator.CurrentRefreshToken(tokens.AccountId!));
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_changed_client_secret_counts_from_now_on()
    {
        var tokens = await _client.ConnectAsync();
        _client.Simulator.DefaultClient.ChangeSecret("the-new-one");

        Assert.Equal("invalid_client", (await _client.RefreshAsync(tokens.RefreshToken)).Error);

        var form = _client.RefreshForm(tokens.RefreshToken!);
        form["client_secret"] = "the-new-one";
        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync(form)).Status);
    }

    [Theory]
    [InlineData("client_id")]
    [InlineData("client_secret")]
    [InlineData("grant_type")]
    [InlineData("refresh_token")]
    public async Task A_missing_parameter_is_an_invalid_request(string parameter)
    {
        var tokens = await _client.ConnectAsync();
        var form = _client.RefreshForm(tokens.RefreshToken!);
        form.Remove(parameter);

        var refused = await _client.PostAsync(form);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (refused.Status, refused.Error));
        Assert.Contains(parameter, refused.Read("error_description"));
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task A_parameter_given_twice_is_an_invalid_request()
    {
        var tokens = await _client.ConnectAsync();

        var refused = await _client.PostAsync(
            _client.RefreshForm(tokens.RefreshToken!).Append(new("grant_type", "refresh_token")));

        Assert.Equal("invalid_request", refused.Error);
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task An_unexpected_parameter_is_ignored_but_noted()
    {
        var tokens = await _client.ConnectAsync();

        var answer = await _client.PostAsync(
            _client.RefreshForm(tokens.RefreshToken!).Append(new("redirect_uri", "x")));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task Another_grant_type_is_unsupported()
    {
        var form = _client.RefreshForm("x");
        form["grant_type"] = "password";

        Assert.Equal("unsupported_grant_type", (await _client.PostAsync(form)).Error);
    }

    [Fact]
    public async Task An_unknown_refresh_token_is_an_invalid_grant()
    {
        var refused = await _client.RefreshAsync("never-issued");

        Assert.Equal((HttpStatusCode.BadRequest, "invalid_grant"), (refused.Status, refused.Error));
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task A_JSON_body_is_refused()
    {
        using var content = new StringContent("{}", Encoding.UTF8, "application/json");
        using var response = await _client.Http.PostAsync(_client.Simulator.TokenEndpoint, content);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task Parameters_in_the_URL_are_refused()
    {
        using var content = new FormUrlEncodedContent(_client.RefreshForm("x"));
        using var response = await _client.Http.PostAsync(
            new Uri(_client.Simulator.TokenEndpoint, "?client_id=x"), content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task A_GET_is_refused()
    {
        using var response = await _client.Http.GetAsync(_client.Simulator.TokenEndpoint);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal([RuleName.WrongMethod], _client.Violations);
        Assert.Equal(("GET", 405), (_client.Simulator.Journal[^1].Method, _client.Simulator.Journal[^1].StatusCode));
    }

    [Fact]
    public async Task Errors_can_come_in_the_form_of_the_Airwallex_API()
    {
        using var client = new SimulatorClient(new() { TokenErrorFormat = TokenErrorFormat.Airwallex });

        var refused = await client.RefreshAsync("never-issued");

        Assert.Equal("invalid_grant", refused.Read("code"));
        Assert.NotNull(refused.Read("message"));
        Assert.Null(refused.Error);
    }
}
