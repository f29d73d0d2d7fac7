using Airwallex.OAuth;
using Airwallex.OAuth.AspNetCore;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;

namespace ConnectPortal.Data;

/// <summary>What the portal does when a customer comes back from Airwallex.</summary>
public static class Businesses
{
    /// <summary>
    /// Links the account before the connection is saved: a crash in between leaves a link without a connection, never a
    /// connection that belongs to nobody. A real application writes its tenant here, or refuses the account.
    /// </summary>
    public static async Task LinkAsync(ConnectingContext connecting)
    {
        ArgumentNullException.ThrowIfNull(connecting);

        var accountId = connecting.Account.AccountId;
        await using var database = await OpenAsync(connecting.HttpContext, connecting.CancellationToken);
        if (await database.Businesses.FindAsync([accountId], connecting.CancellationToken) is null)
        {
            database.Businesses.Add(new Business { AccountId = accountId, Name = accountId });
            await database.SaveChangesAsync(connecting.CancellationToken);
        }
    }

    /// <summary>Asks Airwallex for the name of the business, the first call with the new token.</summary>
    public static async Task NameAsync(ConnectedContext connected)
    {
        ArgumentNullException.ThrowIfNull(connected);

        var context = connected.HttpContext;
        var accountId = connected.Connection.AccountId;
        if (await FindNameAsync(context, accountId) is { } name)
        {
            await using var database = await OpenAsync(context, context.RequestAborted);
            await database.Businesses.Where(business => business.AccountId == accountId).ExecuteUpdateAsync(
                change => change.SetProperty(business => business.Name, name), context.RequestAborted);
        }
    }

    /// <summary>
    /// A customer who said no gets a friendly line on the page where the flow was to end; for the rest, the library's
    /// own page is good enough.
    /// </summary>
    public static Task ExplainAsync(ConnectFailedContext failed)
    {
        ArgumentNullException.ThrowIfNull(failed);

        var declined = failed.Kind == ConnectFailureKind.Declined;
        failed.HttpContext.RequestServices.GetRequiredService<TimelineLog>().Add(
            TimelineKind.Failed,
            accountId: null,
            declined ? "A customer declined at Airwallex." : "A customer came back without a connection.",
            $"Outcome of the connect flow: {failed.Kind}.");
        if (declined)
        {
            failed.HttpContext.Response.Redirect(
                QueryHelpers.AddQueryString(failed.ReturnUrl, "declined", "true"));
            failed.HandleResponse();
        }

        return Task.CompletedTask;
    }

    private static ValueTask<PortalContext> OpenAsync(HttpContext context, CancellationToken cancellationToken) =>
        new(context.RequestServices.GetRequiredService<IDbContextFactory<PortalContext>>()
            .CreateDbContextAsync(cancellationToken));

    private static async Task<string?> FindNameAsync(HttpContext context, string accountId)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<AirwallexApi>()
                .GetBusinessNameAsync(accountId, context.RequestAborted);
        }
        catch (Exception exception) when (exception is HttpRequestException or AirwallexOAuthException)
        {
            // The account is connected all the same, and its id serves as a name.
            return null;
        }
    }
}
