using Airwallex.OAuth;

namespace Quickstart;

/// <summary>Connects an account of Airwallex's demo environment, with the help of the person at the terminal.</summary>
internal sealed class AirwallexTour(
    AuthorizeUrlBuilder urls, AirwallexConnections connections, AirwallexApi api, Terminal terminal)
{
    public async Task RunAsync()
    {
        terminal.Title("Airwallex.OAuth: connect an account of Airwallex");
        terminal.Step("Open this URL in a browser, sign up and consent");
        var (state, pkce) = (AuthorizationState.Create(), Pkce.Create());
        var url = urls.Build(new AuthorizeRequest { State = state, CodeChallenge = pkce.Challenge, SignUp = true });
        terminal.Text(url.AbsoluteUri);
        terminal.Text("To connect an account that exists already, take &sign_up=true away.");

        terminal.Step("Paste the URL that the browser is sent to, then press Enter");
        var response = AuthorizationResponse.Parse(new Uri(Read(), UriKind.RelativeOrAbsolute));
        if (!AuthorizationState.Matches(state, response.State))
        {
            throw new InvalidOperationException(
                "The state is not the one sent: this redirect does not belong to the URL above.");
        }

        if (response.Error is not null)
        {
            throw new InvalidOperationException(
                $"The customer was not connected: {response.Error} {response.ErrorDescription}");
        }

        terminal.Done("The state is the one sent.");

        terminal.Step("Exchange the code, save the connection");
        var connection = await connections.ConnectAsync(
            response.Code!, new ConnectOptions { CodeVerifier = pkce.Verifier });
        terminal.Done($"Account {connection.AccountId} is connected.");

        terminal.Step("Call the API");
        await CallAsync(connection.AccountId);

        terminal.Step("Press Enter to refresh the tokens now, or type q to stop");
        if (Read() is not "q")
        {
            connection = await connections.RefreshAsync(connection.AccountId);
            terminal.Done(
                $"The access token is valid until {connection.AccessTokenExpiresAt:u}, " +
                $"the refresh token until {connection.RefreshTokenExpiresAt:u}.");
            await CallAsync(connection.AccountId);
        }
    }

    private async Task CallAsync(string accountId)
    {
        var account = await api.GetAccountAsync(accountId);
        var balances = await api.GetBalancesAsync(accountId);
        terminal.Done($"{account.Id} is {account.Status}, with balances in {balances.Count} currencies.");
    }

    private static string Read()
    {
        Console.Write(Console.IsInputRedirected ? "" : "    > ");
        return Console.ReadLine()?.Trim()
            ?? throw new InvalidOperationException("Nothing was typed: standard input is closed.");
    }
}
