using Airwallex.OAuth.Tests.Support;

namespace Airwallex.OAuth.Tests.Connections;

/// <summary>A platform with connections of its own making moves in, as the page "Moving in" says.</summary>
[Collection(VirtualTime.Name)]
public sealed class MovingInTests
{
    private const int Accounts = 1000;

    [Fact]
    public async Task A_thousand_connections_move_in_and_running_it_again_does_no_harm()
    {
        await using var app = new TestApp(hasHost: false);
        var theirs = await ConnectTheirsAsync(app);

        var first = await MoveAsync(app, theirs);
        var second = await MoveAsync(app, theirs);

        Assert.Equal((Accounts, 0), (first, second));
        Assert.Equal(Accounts, app.CountRefreshes());
        var summary = await app.Connections.SummarizeAsync();
        Assert.Equal((Accounts, 0, 0), (summary.Active, summary.ReauthorizationRequired, summary.RefreshPending));
        foreach (var accountId in theirs.Keys)
        {
            Assert.Equal(
                app.Simulator.CurrentRefreshToken(accountId), (await app.StoredAsync(accountId)).Tokens.RefreshToken);
        }

        app.Simulator.AssertNoViolations();
    }

    /// <summary>
    /// What the other program has kept: a refresh token an account, each released before it is imported.
    /// </summary>
    private static async Task<Dictionary<string, string>> ConnectTheirsAsync(TestApp app)
    {
        using var http = new HttpClient(app.Simulator.CreateHandler());
        var client = new TokenClient(http, app.Application.Options, app.Time);
        var theirs = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var number = 0; number < Accounts; number++)
        {
            var tokens = await client.ExchangeCodeAsync(app.Simulator.ConnectAccount($"acct_{number}"));
            theirs.Add(tokens.AccountId, tokens.RefreshToken);
        }

        return theirs;
    }

    private static async Task<int> MoveAsync(TestApp app, Dictionary<string, string> theirs)
    {
        var moved = 0;
        foreach (var (accountId, refreshToken) in theirs)
        {
            if (await app.Connections.TryImportAsync(accountId, refreshToken))
            {
                await app.Connections.RefreshAsync(accountId);
                moved++;
            }
        }

        return moved;
    }
}
