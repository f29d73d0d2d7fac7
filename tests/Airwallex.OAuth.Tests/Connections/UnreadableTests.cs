using Airwallex.OAuth.Testing;
using Airwallex.OAuth.Tests.Simulation;
using Airwallex.OAuth.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>The Data Protection keys that encrypted the tokens are missing.</summary>
[Collection(VirtualTime.Name)]
public sealed class UnreadableTests
{
    [Fact]
    public async Task The_row_keeps_its_status_and_nothing_is_sent_or_written()
    {
        await using var app = await WithLostKeysAsync();
        var before = (await app.Store.Inner.FindAsync(TestApp.KeyOf()))!;

        var failed = await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.TokenAsync());
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Connections.RefreshAsync(TestApp.Account));
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => app.Connections.ReactivateAsync(TestApp.Account));
        await Assert.ThrowsAsync<AirwallexOAuthException>(
            () => app.Connections.TryImportAsync(TestApp.Account, "token"));
        await app.RenewAsync();
        await app.RecoverAsync();

        Assert.Contains("Data Protection keys", failed.Message, StringComparison.Ordinal);
        Assert.Contains(TestApp.Account, failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, app.CountRefreshes());
        Assert.Equal(before, await app.Store.Inner.FindAsync(TestApp.KeyOf()));
        Assert.Equal(ConnectionStatus.Active, before.Status);
    }

    [Fact]
    public async Task It_is_found_and_listed_as_Unreadable()
    {
        await using var app = await WithLostKeysAsync();

        var found = await app.Connections.FindAsync(TestApp.Account);

        Assert.Equal(ConnectionStatus.Unreadable, found!.Status);
        Assert.Contains("Bring back", found.StatusReason, StringComparison.Ordinal);
        Assert.Single(await app.Connections.ListAsync(ConnectionStatus.Unreadable).ReadAllAsync());
        Assert.Single(await app.Connections.ListAsync(ConnectionStatus.Active).ReadAllAsync()); // Filters stay exact.
    }

    [Fact]
    public async Task Connecting_again_replaces_it()
    {
        await using var app = await WithLostKeysAsync();

        var again = await app.ConnectAsync();

        Assert.Equal(again.Tokens.AccessToken, await app.TokenAsync());
        Assert.Equal(ConnectionStatus.Active, (await app.Connections.FindAsync(TestApp.Account))!.Status);
    }

    [Fact]
    public async Task Disconnecting_removes_it()
    {
        await using var app = await WithLostKeysAsync();

        await app.Connections.DisconnectAsync(TestApp.Account);

        Assert.Null(await app.FindStoredAsync());
    }

    [Fact]
    public async Task With_the_keys_it_has_the_status_that_it_had()
    {
        await using var before = new TestApp();
        await before.ConnectAsync();
        await using var without = new TestApp { Store = before.Store };
        await Assert.ThrowsAsync<AirwallexOAuthException>(() => without.TokenAsync());

        before.ExpireTokens();
        await before.ResultAsync(before.TokenAsync());

        Assert.Equal(ConnectionStatus.Active, (await before.Connections.FindAsync(TestApp.Account))!.Status);
    }

    [Fact]
    public async Task Keys_that_go_during_a_refresh_do_not_change_the_token_that_is_sent_again()
    {
        var hasKeys = true;
        await using var app = new TestApp(services: services =>
            services.AddSingleton<IDataProtectionProvider>(new Keys(() => hasKeys)));
        await app.ConnectAsync();
        app.ExpireTokens();
        app.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(429, """{"error":"too_many_requests"}"""));
        var call = app.TokenAsync();
        await TestApp.SettleAsync();

        hasKeys = false;
        await app.AdvanceAsync(3);
        hasKeys = true;
        await app.ResultAsync(call);

        Assert.Equal([429, 200], app.Refreshes.Select(entry => entry.StatusCode));
        app.Simulator.AssertNoViolations();
    }

    private static async Task<TestApp> WithLostKeysAsync()
    {
        await using var before = new TestApp();
        await before.ConnectAsync();
        return new TestApp { Store = before.Store }; // Its keys are others.
    }
}
