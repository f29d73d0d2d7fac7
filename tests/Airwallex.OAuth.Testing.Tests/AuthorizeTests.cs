using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;

namespace Airwallex.OAuth.Testing.Tests;

public sealed partial class AuthorizeTests : IDisposable
{
    private const string Query =
        "?response_type=code&client_id=simulated-client-id&redirect_uri=http%3A%2F%2Flocalhost%2Fcallback" +
        "&state=st%2B1&scope=r:awx_action:balances_view+balance:read";
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Signing_up_leads_over_four_screens_to_a_code_for_a_fresh_account()
    {
        var url = "oauth/authorize" + Query + "&sign_up=true";
        Assert.Contains("Create your account", await ReadAsync(url));

        var verification = await PostAsync(
            url, ("step", "details"), ("business_name", "Müller & Söhne"), ("full_name", "Ada"),
            ("email", "ada@example.com"));
        Assert.Contains("Verify it is you", verification.Page);
        var usage = await PostAsync(
            url, [("step", "verification"), ("code", "123456"), .. HiddenFields(verification.Page)]);
        Assert.Contains("How will you use the account?", usage.Page);
        var created = await PostAsync(url, [("step", "usage"), .. HiddenFields(usage.Page)]);
        var consent = await ReadAsync(created.Location!);
        Assert.Contains("M&#xFC;ller &amp; S&#xF6;hne", consent);
        Assert.Contains("r:awx_action:balances_view", consent);
        Assert.Contains("balance:read", consent);
        var back = await PostAsync(created.Location!, ("step", "consent"), ("decision", "authorize"));

        Assert.StartsWith("http://localhost/callback?code=", back.Location);
        var answer = QueryHelpers.ParseQuery(new Uri(back.Location!).Query);
        Assert.Equal("st+1", answer["state"]);
        var tokens = await _client.ExchangeAsync(answer["code"]!);
        Assert.Equal("r:awx_action:balances_view balance:read", tokens.Read("scope"));
        _client.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task Reloading_the_consent_screen_creates_no_second_account()
    {
        var created = await PostAsync(
            "oauth/authorize" + Query + "&sign_up=true", ("step", "usage"), ("business_name", "A"), ("email", "a@b"));

        await ReadAsync(created.Location!);
        await ReadAsync(created.Location!);

        Assert.Single(_client.Simulator.Server.ListAccounts());
    }

    [Theory]
    [InlineData("details", "business_name", "", "Enter the name of your business.")]
    [InlineData("details", "email", "nowhere", "Enter an email address")]
    [InlineData("verification", "code", "12345", "Enter the six digits")]
    [InlineData("verification", "code", "12345x", "Enter the six digits")]
    public async Task A_screen_says_what_is_wrong(string step, string field, string value, string text)
    {
        Dictionary<string, string> form = new()
        {
            ["step"] = step,
            ["business_name"] = "<b>",
            ["full_name"] = "B",
            ["email"] = "a@b",
            ["code"] = "123456",
        };
        form[field] = value;

        var (page, _) = await PostAsync(
            "oauth/authorize" + Query + "&sign_up=true", [.. form.Select(item => (item.Key, item.Value))]);

        Assert.Contains("role=\"alert\"", page);
        Assert.Contains(text, page);
        Assert.DoesNotContain("<b>", page);
    }

    [Fact]
    public async Task Without_sign_up_the_customer_chooses_an_account()
    {
        _client.Simulator.ConnectAccount("acct_1");
        _client.Simulator.ConnectAccount("acct_2");
        var url = "oauth/authorize" + Query;
        Assert.Contains("acct_1", await ReadAsync(url));

        var chosen = await PostAsync(url, ("step", "account"), ("account", "acct_1"));
        var back = await PostAsync(chosen.Location!, ("step", "consent"), ("decision", "authorize"));

        Assert.Equal("acct_1", (await _client.ExchangeAsync(CodeOf(back.Location!))).AccountId);
    }

    [Fact]
    public async Task Declining_goes_back_with_an_error_and_the_state()
    {
        _client.Simulator.ConnectAccount("acct_1");
        var chosen = await PostAsync("oauth/authorize" + Query, ("step", "account"), ("account", "acct_1"));

        var back = await PostAsync(chosen.Location!, ("step", "consent"), ("decision", "decline"));

        var answer = QueryHelpers.ParseQuery(new Uri(back.Location!).Query);
        Assert.Equal("access_denied", answer["error"]);
        Assert.Equal("st+1", answer["state"]);
        Assert.False(answer.ContainsKey("code"));
    }

    [Theory]
    [InlineData("simulated-client-id", "somebody-else")]
    [InlineData("callback", "stolen")]
    public async Task An_unknown_client_or_redirect_uri_gets_an_error_page_and_no_redirect(string good, string bad)
    {
        using var response = await _client.Http.GetAsync(
            "oauth/authorize" + Query.Replace(good, bad, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Headers.Location);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("response_type=code", "response_type=token", "unsupported_response_type")]
    [InlineData("scope=", "x=", "invalid_scope")]
    [InlineData("state=", "x=", "invalid_request")]
    [InlineData("state=", "code_challenge=abc&state=", "invalid_request")]
    [InlineData("state=", "code_challenge=abc&code_challenge_method=plain&state=", "invalid_request")]
    public async Task Any_other_fault_of_the_request_goes_back_to_the_application(
        string part, string replacement, string error)
    {
        var (_, location) = await GetAsync(
            "oauth/authorize" + Query.Replace(part, replacement, StringComparison.Ordinal));

        Assert.StartsWith("http://localhost/callback?error=" + error, location);
        Assert.Equal([RuleName.MalformedRequest], _client.Violations);
    }

    [Fact]
    public async Task Auto_consent_redirects_at_once()
    {
        using var client = new SimulatorClient(new() { AutoConsent = true });

        using var response = await client.Http.GetAsync("oauth/authorize" + Query + "&sign_up=true");

        var tokens = await client.ExchangeAsync(CodeOf(response.Headers.Location!.OriginalString));
        Assert.Equal(HttpStatusCode.OK, tokens.Status);
        Assert.Equal(tokens.AccountId, client.Simulator.Journal[0].AccountId);
    }

    [Fact]
    public async Task Authorize_needs_no_browser()
    {
        var url = new Uri(_client.Simulator.AuthorizeEndpoint, Query);
        var signUp = new Uri(url + "&sign_up=true");

        var first = await _client.ExchangeAsync(CodeOf(_client.Simulator.Authorize(signUp)));
        var second = await _client.ExchangeAsync(CodeOf(_client.Simulator.Authorize(signUp)));
        var latest = await _client.ExchangeAsync(CodeOf(_client.Simulator.Authorize(url)));
        _client.Simulator.NextAccount(first.AccountId!);
        var named = await _client.ExchangeAsync(CodeOf(_client.Simulator.Authorize(url)));

        Assert.NotEqual(first.AccountId, second.AccountId);
        Assert.Equal(second.AccountId, latest.AccountId);
        Assert.Equal(first.AccountId, named.AccountId);
        Assert.Contains("error=access_denied", _client.Simulator.Decline(url));
        Assert.Throws<InvalidOperationException>(
            () => _client.Simulator.Authorize(new Uri("http://localhost/oauth/authorize?client_id=x")));
    }

    [Fact]
    public async Task A_redirect_uri_can_be_whitelisted_later()
    {
        var redirectUri = new Uri("http://127.0.0.1:5000");
        Assert.Throws<ArgumentException>(() => _client.Simulator.ConnectAccount(redirectUri: redirectUri));

        _client.Simulator.DefaultClient.AllowRedirectUri(redirectUri);
        var code = _client.Simulator.ConnectAccount(redirectUri: redirectUri);

        Assert.Equal(HttpStatusCode.OK, (await _client.ExchangeAsync(code, "http://127.0.0.1:5000")).Status);
    }

    private static string CodeOf(string location) =>
        QueryHelpers.ParseQuery(new Uri(location).Query)["code"].ToString();

    private static IEnumerable<(string, string)> HiddenFields(string page) =>
        from Match match in HiddenField().Matches(page)
        where match.Groups[1].Value != "step"
        select (match.Groups[1].Value, WebUtility.HtmlDecode(match.Groups[2].Value));

    private async Task<string> ReadAsync(string url) => (await GetAsync(url)).Page;

    private async Task<(string Page, string? Location)> GetAsync(string url)
    {
        using var response = await _client.Http.GetAsync(url);
        return (await response.Content.ReadAsStringAsync(), response.Headers.Location?.OriginalString);
    }

    private async Task<(string Page, string? Location)> PostAsync(string url, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(item => KeyValuePair.Create(item.Name, item.Value)));
        using var response = await _client.Http.PostAsync(url, content);
        return (await response.Content.ReadAsStringAsync(), response.Headers.Location?.OriginalString);
    }

    [GeneratedRegex("""<input type="hidden" name="([^"]+)" value="([^"]*)">""")]
    private static partial Regex HiddenField();
}
