using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>Nothing ends for good, and tokens that another program has kept can move in.</summary>
[Collection(VirtualTime.Name)]
public sealed class ReactivateAndImportTests
{
    [Fact]
    public async Task A_connection_that_ended_by_mistake_is_taken_up_with_the_tokens_it_has()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await EndAsync(app);
        await Assert.ThrowsAsync<ReauthorizationRequiredException>(() => app.Connections.RefreshAsync(TestApp.Account));

        var back = await app.ResultAsync(app.Connections.ReactivateAsync(TestApp.Account));

        Assert.Equal(ConnectionStatus.Active, back.Status);
        Assert.Null(back.StatusReason);
        Assert.Equal(1, app.CountRefreshes());
        await app.TokenAsync();
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task When_Airwallex_refuses_the_token_again_the_connection_ends_again()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        app.Simulator.RevokeByUser(TestApp.Account);
        await EndAsync(app);

        await app.FailureAsync<ReauthorizationRequiredException>(app.Connections.ReactivateAsync(TestApp.Account));

        Assert.Equal(ConnectionStatus.ReauthorizationRequired, (await app.StoredAsync()).Status);
    }

    [Fact]
    public async Task A_reactivation_that_fails_for_now_is_taken_up_by_the_keep_alive()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        await EndAsync(app);
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503), times: 4);
        await app.FailureAsync<TokenRequestException>(app.Connections.ReactivateAsync(TestApp.Account));

        await app.AdvanceAsync(4);
        await app.RecoverAsync();

        Assert.Equal(ConnectionStatus.Active, (await app.StoredAsync()).Status);
        Assert.Null((await app.StoredAsync()).RecoverAt);
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_account_that_is_not_connected_cannot_be_reactivated()
    {
        await using var app = new TestApp();

        await Assert.ThrowsAsync<ConnectionNotFoundException>(() => app.Connections.ReactivateAsync("acct_unknown"));
    }

    [Fact]
    public async Task A_refresh_token_of_another_program_moves_in()
    {
        await using var app = new TestApp();
        var token = await TokenOfAnotherProgramAsync(app);

        Assert.True(await app.Connections.TryImportAsync(TestApp.Account, token));
        Assert.False(await app.Connections.TryImportAsync(TestApp.Account, token)); // Safe to call again.
        var imported = await app.Connections.FindAsync(TestApp.Account);
        Assert.Equal(0, app.CountRefreshes());
        Assert.InRange(imported!.RenewAt - app.Time.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromDays(1));
        await app.ResultAsync(app.Connections.RefreshAsync(TestApp.Account));

        Assert.Equal(app.Simulator.CurrentRefreshToken(TestApp.Account), (await app.StoredAsync()).Tokens.RefreshToken);
        await app.TokenAsync();
        app.Simulator.AssertNoViolations();
    }

    [Fact]
    public async Task An_import_replaces_no_active_connection_but_an_ended_one()
    {
        await using var app = new TestApp();
        await app.ConnectAsync();
        Assert.False(await app.Connections.TryImportAsync(TestApp.Account, "another"));
        await EndAsync(app);

        Assert.True(await app.Connections.TryImportAsync(TestApp.Account, "another", app.Time.GetUtcNow().AddDays(90)));

        Assert.Equal("another", (await app.StoredAsync()).Tokens.RefreshToken);
        Assert.Equal(app.Time.GetUtcNow().AddDays(90), (await app.StoredAsync()).Tokens.RefreshTokenExpiresAt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("ümlaut")]
    public async Task A_malformed_refresh_token_is_refused(string token)
    {
        await using var app = new TestApp();

        await Assert.ThrowsAsync<ArgumentException>(() => app.Connections.TryImportAsync(TestApp.Account, token));
        await Assert.ThrowsAsync<ArgumentException>(
            () => app.Connections.TryImportAsync(TestApp.Account, new string('a', 8193)));

        Assert.Null(await app.FindStoredAsync());
    }

    private static async Task<string> TokenOfAnotherProgramAsync(TestApp app)
    {
        await app.ConnectAsync();
        var token = (await app.StoredAsync()).Tokens.RefreshToken;
        await app.Connections.DisconnectAsync(TestApp.Account);
        return token;
    }

    private static Task<ConnectionState> EndAsync(TestApp app) => app.ChangeStoredAsync(current => current with
    {
        Status = ConnectionStatus.ReauthorizationRequired,
        StatusReason = "It ended by mistake.",
    });
}
