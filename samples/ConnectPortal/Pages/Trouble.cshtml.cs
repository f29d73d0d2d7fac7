using Airwallex.OAuth;
using Airwallex.OAuth.Testing;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.Mvc;

namespace ConnectPortal.Pages;

/// <summary>Does what the trouble panel asks for, and says so in the timeline.</summary>
public sealed class TroubleModel(IHttpClientFactory http) : PortalPage
{
    public async Task<IActionResult> OnPostAsync(
        [FromForm] string trouble, [FromForm] string? accountId, CancellationToken cancellationToken)
    {
        if (Trouble is not { } simulation)
        {
            return NotFound();
        }

        var server = simulation.Server;
        switch (trouble)
        {
            case "lose-response" when accountId is not null:
                Say("The next response of the token endpoint is lost on its way.");
                server.Faults.Next(FaultTarget.Token, Fault.DropResponseAfterRotating());
                await RefreshAsync(accountId, cancellationToken);
                break;
            case "revoke" when accountId is not null:
                Say("The customer disconnects this application at Airwallex.");
                server.RevokeByUser(accountId);
                await DeliverWebhookAsync(
                    simulation.Server.CreateWebhook(simulation.WebhookSecret, "connection.disconnected", accountId),
                    cancellationToken);
                break;
            case "revoke-quietly" when accountId is not null:
                Say("The customer disconnects this application at Airwallex, and the webhook is lost.");
                server.RevokeByUser(accountId);
                break;
            case "remove-role" when accountId is not null:
                Say("The user who consented loses the admin role.");
                server.RemoveAdminRole(accountId);
                await RefreshAsync(accountId, cancellationToken);
                break;
            case "down":
                Say("Airwallex responds to every token request with 503 from now on.");
                simulation.GoDown();
                break;
            case "up":
                Say("Airwallex is back.");
                simulation.ComeBack();
                break;
            case "minutes":
                Say("Five minutes pass.");
                simulation.Clock.Advance(TimeSpan.FromMinutes(5));
                break;
            case "days":
                Say("Twenty days pass.");
                simulation.Clock.Advance(TimeSpan.FromDays(20));
                break;
            default:
                return BadRequest();
        }

        return accountId is null ? RedirectToPage("/Index") : RedirectToPage("/Connection", new { accountId });

        void Say(string text) => Timeline.Add(TimelineKind.Trouble, accountId, text);
    }

    private async Task RefreshAsync(string accountId, CancellationToken cancellationToken)
    {
        try
        {
            await Connections.RefreshAsync(accountId, cancellationToken);
        }
        catch (AirwallexOAuthException)
        {
            // The timeline says what went wrong.
        }
    }

    // As Airwallex would: over HTTP, signed, to the address that is open to the world.
    private async Task DeliverWebhookAsync(SimulatedWebhook webhook, CancellationToken cancellationToken)
    {
        using var client = http.CreateClient();
        using var request = webhook.ToRequest(new Uri($"{Request.Scheme}://{Request.Host}/airwallex/webhooks"));
        using var response = await client.SendAsync(request, cancellationToken);
    }
}
