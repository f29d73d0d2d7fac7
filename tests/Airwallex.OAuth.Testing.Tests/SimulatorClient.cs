using System.Net;
using System.Text.Json;

namespace Airwallex.OAuth.Testing.Tests;

/// <summary>
/// A client that sends what it is told to, right or wrong, to a simulator in memory on a clock of the test's.
/// </summary>
internal sealed class SimulatorClient : IDisposable
{
    private readonly AirwallexSimulatorOptions _options;

    public SimulatorClient(AirwallexSimulatorOptions? options = null)
    {
        _options = options ?? new AirwallexSimulatorOptions();
        Simulator = new AirwallexSimulator(_options, Time);
        Http = new HttpClient(Simulator.CreateHandler()) { BaseAddress = Simulator.BaseAddress };
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    public AirwallexSimulator Simulator { get; }
    public HttpClient Http { get; }

    public Task<TokenReply> ConnectAsync(string? accountId = null) =>
        ExchangeAsync(Simulator.ConnectAccount(accountId));

    public Task<TokenReply> ExchangeAsync(string code, string? redirectUri = null, string? verifier = null)
    {
        Dictionary<string, string> form = new()
        {
            ["client_id"] = _options.ClientId,
            ["client_secret"] = _options.ClientSecret,
            ["code"] = code,
            ["grant_type"] = "authorization_code",
            ["redirect_uri"] = redirectUri ?? _options.RedirectUris[0].OriginalString,
        };
        if (verifier is not null) form["code_verifier"] = verifier;
        return PostAsync(form);
    }

    public Task<TokenReply> RefreshAsync(string? refreshToken, CancellationToken cancellationToken = default) =>
        PostAsync(RefreshForm(refreshToken!), cancellationToken);

    public Dictionary<string, string> RefreshForm(string refreshToken) => new()
    {
        ["client_id"] = _options.ClientId,
        ["client_secret"] = _options.ClientSecret,
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = refreshToken,
    };

    public async Task<TokenReply> PostAsync(
        IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken = default)
    {
        using var content = new FormUrlEncodedContent(form);
        using var response = await Http.PostAsync(Simulator.TokenEndpoint, content, cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return new TokenReply(response.StatusCode, body, response.Headers.RetryAfter?.Delta);
    }

    public async Task<HttpResponseMessage> GetAsync(string path, string? accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accessToken is not null) request.Headers.Authorization = new("Bearer", accessToken);
        return await Http.SendAsync(request);
    }

    public async Task<HttpStatusCode> CallApiAsync(string? accessToken)
    {
        using var response = await GetAsync("api/v1/account", accessToken);
        return response.StatusCode;
    }

    /// <summary>Waits until the simulator holds that many requests back, so that the clock can be moved.</summary>
    public async Task UntilDelayedAsync(int requests)
    {
        for (var looks = 0; Simulator.DelayedRequests < requests; looks++)
        {
            Assert.True(
                looks < 5_000_000, $"The simulator delays {Simulator.DelayedRequests} requests, not {requests}.");
            await Task.Yield();
        }
    }

    public RuleName[] Violations => [.. Simulator.Violations.Select(violation => violation.Rule)];

    public void Dispose() => Http.Dispose();
}

/// <summary>What the token endpoint answered.</summary>
internal sealed record TokenReply(HttpStatusCode Status, string Body, TimeSpan? RetryAfter = null)
{
    public string? Error => Read("error");
    public string? AccountId => Read("account_id");
    public string? AccessToken => Read("access_token");
    public string? RefreshToken => Read("refresh_token");

    public string? Read(string name)
    {
        using var json = JsonDocument.Parse(Body);
        return json.RootElement.TryGetProperty(name, out var value) ? value.ToString() : null;
    }
}
