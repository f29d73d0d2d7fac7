using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

/// <summary>What a second consent of the same customer does to the tokens of the first.</summary>
public sealed class SecondConsentTests
{
    [Fact]
    public async Task Both_token_families_can_be_used()
    {
        using var client = new SimulatorClient();
        var first = await client.ConnectAsync("acct_1");
        var second = await client.ConnectAsync("acct_1");

        Assert.Equal(HttpStatusCode.OK, (await client.RefreshAsync(second.RefreshToken)).Status);
        Assert.Equal(HttpStatusCode.OK, (await client.RefreshAsync(first.RefreshToken)).Status);
    }

    [Fact]
    public async Task The_first_family_is_revoked_by_the_consent_before_the_code_is_exchanged()
    {
        using var client = new SimulatorClient(new() { SecondConsent = SecondConsent.RevokesFirst });
        var first = await client.ConnectAsync("acct_1");

        client.Simulator.ConnectAccount("acct_1");

        Assert.Equal(HttpStatusCode.Unauthorized, await client.CallApiAsync(first.AccessToken));
        Assert.Equal("invalid_grant", (await client.RefreshAsync(first.RefreshToken)).Error);
        client.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_first_family_is_revoked_when_a_token_of_the_second_is_used(bool byRefresh)
    {
        using var client = new SimulatorClient(new() { SecondConsent = SecondConsent.RevokesFirstAtFirstUse });
        var first = await client.ConnectAsync("acct_1");
        var second = await client.ConnectAsync("acct_1");
        first = await client.RefreshAsync(first.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, await client.CallApiAsync(first.AccessToken));

        if (byRefresh)
        {
            second = await client.RefreshAsync(second.RefreshToken);
        }
        else
        {
            await client.CallApiAsync(second.AccessToken);
        }

        Assert.Equal("invalid_grant", (await client.RefreshAsync(first.RefreshToken)).Error);
        Assert.Equal(HttpStatusCode.OK, (await client.RefreshAsync(second.RefreshToken)).Status);
        client.Simulator.AssertNoViolations();
    }

    [Theory]
    [InlineData(SecondConsent.RevokesFirst)]
    [InlineData(SecondConsent.RevokesFirstAtFirstUse)]
    public async Task Other_accounts_and_other_clients_are_left_alone(SecondConsent secondConsent)
    {
        using var client = new SimulatorClient(new() { SecondConsent = secondConsent });
        var first = await client.ConnectAsync("acct_1");

        await client.CallApiAsync((await client.ConnectAsync("acct_2")).AccessToken);
        client.Simulator.ConnectAccount("acct_1", client: client.Simulator.AddClient("other", "secret"));

        Assert.Equal(HttpStatusCode.OK, await client.CallApiAsync(first.AccessToken));
        Assert.Equal(HttpStatusCode.OK, (await client.RefreshAsync(first.RefreshToken)).Status);
    }
}
