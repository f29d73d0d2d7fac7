using Airwallex.OAuth.AspNetCore;
using ConnectPortal.Timeline;
using Microsoft.EntityFrameworkCore;

namespace ConnectPortal.Data;

/// <summary>What the portal does when a customer comes back from Airwallex.</summary>
public static class Businesses
{
    /// <summary>Remembers whose account it is.</summary>
    public static async Task RememberAsync(ConnectedContext connected)
    {
        ArgumentNullException.ThrowIfNull(connected);

        var services = connected.HttpContext.RequestServices;
        var accountId = connected.Connection.AccountId;
        var name = await FindNameAsync(services, accountId, connected.HttpContext.RequestAborted) ?? accountId;

        await using var database = await services.GetRequiredService<IDbContextFactory<PortalContext>>()
            .CreateDbContextAsync();
        if (await database.Businesses.FindAsync(accountId) is { } known)
        {
            known.Name = name;
        }
        else
        {
            database.Businesses.Add(new Business { AccountId = accountId, Name = name });
        }

        await database.SaveChangesAsync();
    }

    /// <summary>
    /// A customer who said no gets a friendly line on the start page; for the rest, the library's own page is good
    /// enough.
    /// </summary>
    public static Task ExplainAsync(ConnectFailedContext failed)
    {
        ArgumentNullException.ThrowIfNull(failed);

        failed.HttpContext.RequestServices.GetRequiredService<TimelineLog>().Add(
            TimelineKind.Failed, null, $"A customer came back without a connection: {failed.Kind}.");
        if (failed.Kind == ConnectFailureKind.Declined)
        {
            failed.HttpContext.Response.Redirect("/?declined=true");
            failed.HandleResponse();
        }

        return Task.CompletedTask;
    }

    private static async Task<string?> FindNameAsync(
        IServiceProvider services, string accountId, CancellationToken cancellationToken)
    {
        try
        {
            return await services.GetRequiredService<AirwallexApi>().GetBusinessNameAsync(accountId, cancellationToken);
        }
        catch (HttpRequestException)
        {
            // The account is connected all the same, and its id will do for a name.
            return null;
        }
    }
}
