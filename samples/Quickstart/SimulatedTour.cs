using Airwallex.OAuth;
using Airwallex.OAuth.Testing;

namespace Quickstart;

/// <summary>One connection through its whole life, against a simulated Airwallex. Throws when a step fails.</summary>
internal sealed class SimulatedTour(
    AirwallexSimulator simulator,
    ManualClock clock,
    AuthorizeUrlBuilder urls,
    AirwallexConnections connections,
    AirwallexApi api,
    Terminal terminal)
{
    public async Task RunAsync()
    {
        terminal.Title("Airwallex.OAuth: one connection through its whole life, against a simulated Airwallex");
        terminal.Step("Start the simulated Airwallex");
        terminal.Done($"It listens on {simulator.BaseAddress} and keeps the rules of the real one.");

        terminal.Step("Build the URL behind the button “Sign up with Airwallex”");
        var (state, pkce) = (AuthorizationState.Create(), Pkce.Create());
        var url = urls.Build(new AuthorizeRequest { State = state, CodeChallenge = pkce.Challenge, SignUp = true });
        Print(url, '>');
        terminal.Done("State and PKCE verifier stay in the customer's session.");

        terminal.Step("The customer signs up and consents");
        var redirect = await new SimulatedCustomer(terminal).AuthorizeAsync(url);
        Print(redirect, '<');
        terminal.Done("The browser is sent back to the application.");

        terminal.Step("Check the state, exchange the code, save the connection");
        var response = AuthorizationResponse.Parse(redirect);
        Check(AuthorizationState.Matches(state, response.State), "The state is the one in the customer's session.");
        var connection = await connections.ConnectAsync(
            response.Code!, new ConnectOptions { CodeVerifier = pkce.Verifier });
        var accountId = connection.AccountId;
        Check(connection.Status == ConnectionStatus.Active, $"Account {accountId} is connected.");

        terminal.Step("Call the API");
        await CallAsync(accountId);

        terminal.Step("The access token expires");
        var before = TokenRequests();
        LetAccessTokenExpire();
        await CallAsync(accountId);
        Check(
            TokenRequests() == before + 1,
            "Refreshed once, on the way to the first of two calls. Callers noticed nothing.");

        terminal.Step("It expires again, and the response to the refresh is lost on its way");
        simulator.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());
        LetAccessTokenExpire();
        await CallAsync(accountId);
        Check(
            simulator.Journal.Any(entry => entry is { GraceReplay: true, StatusCode: 200 }),
            "Recovered: the same refresh token was sent again inside its 60 s of grace.");

        terminal.Step("The customer disconnects the application at Airwallex");
        simulator.RevokeByUser(accountId);
        Check(
            await AsksToReauthorizeAsync(accountId),
            "The connection has ended, and the application is told what to do.");
        before = simulator.Journal.Count;
        Check(
            await AsksToReauthorizeAsync(accountId, quietly: true) && simulator.Journal.Count == before,
            "Later calls are told the same at once; nothing is sent.");

        terminal.Step("Ask the simulated Airwallex which of its rules were violated");
        simulator.AssertNoViolations();
        terminal.Done($"None, in {simulator.Journal.Count} requests.");
    }

    private async Task CallAsync(string accountId)
    {
        var account = await api.GetAccountAsync(accountId);
        var balances = await api.GetBalancesAsync(accountId);
        Check(account.Id == accountId, $"{account.Id} is {account.Status}.");
        var amounts = balances.Select(balance =>
            FormattableString.Invariant($"{balance.Currency} {balance.AvailableAmount:N2}"));
        terminal.Done($"{string.Join(", ", amounts)} available.");
    }

    private async Task<bool> AsksToReauthorizeAsync(string accountId, bool quietly = false)
    {
        try
        {
            await api.GetBalancesAsync(accountId);
            return false;
        }
        catch (ReauthorizationRequiredException exception)
        {
            if (!quietly)
            {
                terminal.Text($"{nameof(ReauthorizationRequiredException)}: {exception.Message}");
                Print(urls.Build(new AuthorizeRequest { State = AuthorizationState.Create() }), '>');
            }

            return true;
        }
    }

    private void LetAccessTokenExpire()
    {
        clock.Advance(TimeSpan.FromMinutes(5));
        terminal.Text("Five minutes pass: the clock is put forward by hand.");
    }

    private int TokenRequests() => simulator.Journal.Count(entry => entry.Path == "/oauth/token");

    private void Print(Uri url, char direction)
    {
        terminal.Text(url.GetLeftPart(UriPartial.Path));
        WireTap.PrintQuery(terminal, direction, url);
    }

    private void Check(bool asItMustBe, string text)
    {
        if (!asItMustBe)
        {
            throw new InvalidOperationException("This did not come true: " + text);
        }

        terminal.Done(text);
    }
}
