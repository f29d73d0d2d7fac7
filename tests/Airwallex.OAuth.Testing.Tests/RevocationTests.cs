using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class RevocationTests : IDisposable
{
    private readonly SimulatorClient _client = new();

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task Revocation_by_the_user_ends_every_token_at_once()
    {
        var tokens = await _client.ConnectAsync("acct_1");
        _client.Simulator.RevokeByUser("acct_1");

        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(tokens.AccessToken));
        Assert.Equal("invalid_grant", (await _client.RefreshAsync(tokens.RefreshToken)).Error);
    }

    [Fact]
    public async Task Losing_the_admin_role_ends_refreshing_but_not_the_present_access_token()
    {
        var tokens = await _client.ConnectAsync("acct_1");
        _client.Simulator.RemoveAdminRole("acct_1");

        Assert.Equal("invalid_grant", (await _client.RefreshAsync(tokens.RefreshToken)).Error);
        Assert.Equal(HttpStatusCode.OK, await _client.CallApiAsync(tokens.AccessToken));

        _client.Time.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal(HttpStatusCode.Unauthorized, await _client.CallApiAsync(tokens.AccessToken));
    }

    [Fact]
    public async Task An_account_can_be_authorized_again_after_either()
    {
        await _client.ConnectAsync("acct_1");
        _client.Simulator.RevokeByUser("acct_1");
        var second = await _client.ConnectAsync("acct_1");
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(second.RefreshToken)).Status);

        _client.Simulator.RemoveAdminRole("acct_1");
        var third = await _client.ConnectAsync("acct_1");
        Assert.Equal(HttpStatusCode.OK, (await _client.RefreshAsync(third.RefreshToken)).Status);
    }

    [Fact]
    public void An_account_nobody_connected_cannot_be_revoked()
    {
        Assert.Throws<ArgumentException>(() => _client.Simulator.RevokeByUser("acct_unknown"));
        Assert.Throws<ArgumentException>(() => _client.Simulator.RemoveAdminRole("acct_unknown"));
    }
}
