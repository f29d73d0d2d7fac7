using Airwallex.OAuth;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;

namespace ConnectPortal.Pages;

/// <summary>One connection: how it is, what can be done about it, and the account's balances when asked for.</summary>
public sealed class ConnectionModel(AirwallexApi api) : PortalPage
{
    public ConnectionView? Shown { get; private set; }

    /// <summary>Null until they are asked for: a call renews access, and nobody could watch it expire.</summary>
    public IReadOnlyList<Balance>? Balances { get; private set; }

    /// <summary>Why there are no balances to show.</summary>
    public string? Problem { get; private set; }

    public Outcome? Outcome => Outcome.Find(After, Since, Timeline, AccountId);

    [FromRoute]
    public string AccountId { get; set; } = "";

    [FromQuery(Name = "balances")]
    public bool WantsBalances { get; set; }

    public async Task<IActionResult> OnGetAsync(CancellationToken cancellationToken)
    {
        Shown = await FindConnectionAsync(AccountId, cancellationToken);
        if (Shown is { IsActive: true } && WantsBalances && !IsUpdate)
        {
            await LoadBalancesAsync(cancellationToken);
            // The call may have renewed the connection.
            Shown = await FindConnectionAsync(AccountId, cancellationToken);
        }

        // Nothing is left of what an open page shows: it says so itself.
        return Shown is not null ? Page() : IsUpdate ? new NoContentResult() : NotFound();
    }

    public Task<IActionResult> OnPostRefreshAsync() =>
        DoAsync("refresh", "Renew now", () => Connections.RefreshAsync(AccountId));

    public Task<IActionResult> OnPostReactivateAsync() =>
        DoAsync("reactivate", "Try again", () => Connections.ReactivateAsync(AccountId));

    public async Task<IActionResult> OnPostRemoveAsync(CancellationToken cancellationToken)
    {
        // In this order: a crash in between leaves a link without a connection.
        await Connections.DisconnectAsync(AccountId, cancellationToken);
        await using var database = await OpenDatabaseAsync(cancellationToken);
        await database.Businesses.Where(business => business.AccountId == AccountId)
            .ExecuteDeleteAsync(cancellationToken);
        return RedirectToPage("/Index");
    }

    private async Task<IActionResult> DoAsync(string action, string name, Func<Task> work)
    {
        var since = Timeline.Sequence;
        await TryAsync(name, AccountId, work);
        return RedirectToPage(pageName: null, pageHandler: null, new { After = action, Since = since }, "actions");
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
            Problem = exception.Message;
        }
    }
}
