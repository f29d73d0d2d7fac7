namespace Airwallex.OAuth.Testing.Tests;

/// <summary>The state machine driven directly, as the fault simulation drives it.</summary>
public sealed class AuthorizationServerTests
{
    private readonly AirwallexSimulatorOptions _options = new();
    private readonly FakeTimeProvider _time = new();
    private readonly AuthorizationServer _server;

    public AuthorizationServerTests() => _server = new AuthorizationServer(_options, _time, new Random(1));

    [Fact]
    public void A_request_is_in_flight_until_it_ends()
    {
        var token = Connect();
        var first = Begin(token);
        Assert.Equal(200, _server.ProcessTokenRequest(first).StatusCode);

        Assert.Equal(429, _server.CompleteTokenRequest(Begin(token)).StatusCode);

        _server.EndTokenRequest(first, responseArrived: true);
        Assert.Equal(200, _server.CompleteTokenRequest(Begin(token)).StatusCode);
        Assert.Equal([RuleName.ConcurrentRefresh], _server.Violations.Select(violation => violation.Rule));
    }

    [Fact]
    public void An_abandoned_request_changes_nothing()
    {
        var token = Connect();

        _server.EndTokenRequest(Begin(token), responseArrived: false);

        Assert.Equal(token, _server.CurrentRefreshToken("acct_1"));
        Assert.Null(_server.Journal.Snapshot()[^1].StatusCode);
        Assert.Equal(200, _server.CompleteTokenRequest(Begin(token)).StatusCode);
        Assert.Empty(_server.Violations);
    }

    [Fact]
    public void Processing_twice_rotates_once()
    {
        var request = Begin(Connect());

        var once = _server.ProcessTokenRequest(request);
        var twice = _server.ProcessTokenRequest(request);
        _server.CompleteTokenRequest(request);
        _server.EndTokenRequest(request, responseArrived: true);

        Assert.Same(once, twice);
        Assert.Equal(2, _server.Journal.Snapshot().Count);
    }

    [Fact]
    public void The_end_of_a_refused_request_does_not_end_the_one_in_flight()
    {
        var token = Connect();
        var first = Begin(token);
        _server.CompleteTokenRequest(Begin(token));

        Assert.Equal(429, _server.CompleteTokenRequest(Begin(token)).StatusCode);
        Assert.Equal(200, _server.CompleteTokenRequest(first).StatusCode);
    }

    [Fact]
    public void What_counts_is_the_moment_of_processing_not_of_arrival()
    {
        var token = Connect();
        _server.CompleteTokenRequest(Begin(token));
        var replay = Begin(token);
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal("invalid_grant", _server.CompleteTokenRequest(replay).Error);
    }

    [Fact]
    public void Expired_access_tokens_are_let_go()
    {
        var token = Connect();
        for (var i = 0; i < 5_000; i++)
        {
            token = _server.CompleteTokenRequest(Begin(token)).RefreshToken!;
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(_server.AccessTokenCount, 300, 1_100);
    }

    private string Connect()
    {
        var code = _server.IssueCode("acct_1", "http://localhost/callback", "scope", null);
        var request = _server.BeginTokenRequest(new Dictionary<string, string>
        {
            ["client_id"] = _options.ClientId,
            ["client_secret"] = _options.ClientSecret,
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = "http://localhost/callback",
        });
        return _server.CompleteTokenRequest(request).RefreshToken!;
    }

    private PendingTokenRequest Begin(string refreshToken) => _server.BeginTokenRequest(new Dictionary<string, string>
    {
        ["client_id"] = _options.ClientId,
        ["client_secret"] = _options.ClientSecret,
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = refreshToken,
    });
}
