using Airwallex.OAuth;
using Microsoft.AspNetCore.Mvc;

namespace ConnectPortal.Pages;

/// <summary>One connection: its tokens' lives, the account's balances, and what can be done about it.</summary>
public sealed class ConnectionModel(AirwallexApi api) : PortalPage
{
    public ConnectionView? Shown { get; private set; }

    public IReadOnlyList<Balance> Balances { get; private set; } = [];

    /// <summary>Why there are no balances to show.</summary>
    public string? Problem { get; private set; }

    [FromRoute]
    public string AccountId { get; set; } = "";

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Shown = await FindConnectionAsync(AccountId, cancellationToken);
        if (Shown is { IsActive: true } && !IsUpdate)
        {
            await LoadBalancesAsync(cancellationToken);
            // The call may have refreshed the tokens.
            Shown = await FindConnectionAsync(AccountId, cancellationToken);
        }

        return Shown is not null ? Page()
            : IsUpdate ? RedirectToPage("/Index")
            : NotFound();
    }

    public async Task<IActionResult> OnPostRefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Connections.RefreshAsync(AccountId, cancellationToken);
        }
        catch (AirwallexOAuthException)
        {
            // The timeline says what went wrong.
        }

        return RedirectToPage();
    }

    public async Task<IActionResult> OnPostDisconnectAsync(CancellationToken cancellationToken)
    {
        await Connections.DisconnectAsync(AccountId, cancellationToken);
        return RedirectToPage("/Index");
    }

    private async Task LoadBalancesAsync(CancellationToken cancellationToken)
    {
        try
        {
            Balances = await api.GetBalancesAsync(AccountId, cancellationToken);
        }
        catch (AirwallexOAuthException exception)
        {
            Problem = exception.Message;
        }
        catch (HttpRequestException exception)
        {
            Problem = $"Airwallex could not be reached: {exception.Message}";
        }
    }
}
