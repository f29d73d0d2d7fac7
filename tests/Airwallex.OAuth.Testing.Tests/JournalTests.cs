using System.Net;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class JournalTests
{
    [Fact]
    public async Task Every_request_is_in_the_journal_without_a_whole_token()
    {
        using var client = new SimulatorClient();
        var first = await client.ConnectAsync("acct_1");
        var second = await client.RefreshAsync(first.RefreshToken);
        await client.CallApiAsync(second.AccessToken);

        var journal = client.Simulator.Journal;

        Assert.Equal([1, 2, 3], journal.Select(entry => entry.Sequence));
        Assert.Equal(["authorization_code", "refresh_token", null], journal.Select(entry => entry.GrantType));
        Assert.All(journal, entry => Assert.Equal(("acct_1", 200), (entry.AccountId, entry.StatusCode)));
        Assert.Equal("…" + first.RefreshToken![^4..], journal[1].SentToken);
        Assert.Equal("…" + second.RefreshToken![^4..], journal[1].IssuedRefreshToken);
        var text = string.Join('\n', journal);
        foreach (var token in new[] { first.RefreshToken, first.AccessToken, second.RefreshToken, second.AccessToken })
        {
            Assert.DoesNotContain(token![^8..], text);
        }
    }

    [Fact]
    public async Task The_journal_keeps_as_many_requests_as_it_has_room_for()
    {
        using var client = new SimulatorClient(new() { JournalCapacity = 2 });
        for (var i = 0; i < 5; i++) await client.CallApiAsync("made-up");

        Assert.Equal([4, 5], client.Simulator.Journal.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task The_assertion_lists_every_violation()
    {
        using var client = new SimulatorClient();
        client.Simulator.AssertNoViolations();
        var first = await client.ConnectAsync("acct_1");
        await client.RefreshAsync(first.RefreshToken);
        client.Time.Advance(TimeSpan.FromMinutes(2));
        await client.RefreshAsync(first.RefreshToken);

        var failure = Assert.Throws<InvalidOperationException>(client.Simulator.AssertNoViolations);

        Assert.Contains("2 violations", failure.Message);
        Assert.Contains("ReuseOutsideGrace (acct_1)", failure.Message);
        Assert.Contains("FamilyRevoked (acct_1)", failure.Message);
        Assert.DoesNotContain(first.RefreshToken!, failure.Message);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_tokens()
    {
        async Task<TokenReply> RunAsync(int seed)
        {
            using var client = new SimulatorClient(new() { Seed = seed });
            return await client.ConnectAsync();
        }

        Assert.Equal(await RunAsync(1), await RunAsync(1));
        Assert.NotEqual(await RunAsync(1), await RunAsync(2));
    }

    [Fact]
    public async Task Accounts_get_the_fixed_ids_in_order()
    {
        using var client = new SimulatorClient(new() { AccountIds = ["acct_a", "acct_b"] });

        Assert.Equal("acct_a", (await client.ConnectAsync()).AccountId);
        Assert.Equal("acct_b", (await client.ConnectAsync()).AccountId);
        Assert.StartsWith("acct_", (await client.ConnectAsync()).AccountId);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused()
    {
        Assert.ThrowsAny<ArgumentException>(() => new AirwallexSimulator(new() { ClientId = "" }));
        Assert.ThrowsAny<ArgumentException>(
            () => new AirwallexSimulator(new() { AccessTokenLifetime = TimeSpan.Zero }));
        Assert.ThrowsAny<ArgumentException>(
            () => new AirwallexSimulator(new() { RedirectUris = [new Uri("/x", UriKind.Relative)] }));
    }

    [Fact]
    public async Task Many_clients_at_once_are_counted_right()
    {
        using var client = new SimulatorClient();
        var accounts = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => client.ConnectAsync("acct_" + i)));

        var refreshed = await Task.WhenAll(accounts.Select(tokens => client.RefreshAsync(tokens.RefreshToken)));

        Assert.All(refreshed, tokens => Assert.Equal(HttpStatusCode.OK, tokens.Status));
        Assert.Equal(accounts.Select(tokens => tokens.AccountId), refreshed.Select(tokens => tokens.AccountId));
        Assert.Equal(
            Enumerable.Range(1, 100).Select(number => (long)number),
            client.Simulator.Journal.Select(entry => entry.Sequence));
        client.Simulator.AssertNoViolations();
    }
}
