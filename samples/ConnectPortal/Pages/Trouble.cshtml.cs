using Airwallex.OAuth;
using Airwallex.OAuth.Testing;
using ConnectPortal.Simulation;
using ConnectPortal.Timeline;
using Microsoft.AspNetCore.Mvc;

namespace ConnectPortal.Pages;

/// <summary>Does what the trouble panel asks for, and says so in the timeline.</summary>
public sealed class TroubleModel(IHttpClientFactory http) : PortalPage
{
    // Airwallex redelivers within the hour; this page does not.
    private static readonly TimeSpan s_webhookTimeout = TimeSpan.FromSeconds(10);

    public IActionResult OnGet() => RedirectToPage("/Index");

    public async Task<IActionResult> OnPostAsync(
        [FromForm] string trouble, [FromForm] string? accountId, CancellationToken cancellationToken)
    {
        if (Breakable is not { } simulation)
        {
            return NotFound();
        }

        var since = Timeline.Sequence;
        var isDone = accountId is null
            ? await BreakAllAsync(simulation, trouble)
            : await FindConnectionAsync(accountId, cancellationToken) is not null
                && (await BreakOneAsync(simulation, trouble, accountId, cancellationToken)
                    || await BreakAllAsync(simulation, trouble));
        if (!isDone)
        {
            return BadRequest();
        }

        var group = $"trouble-{TroubleView.GroupOf(trouble)}";
        return accountId is null
            ? RedirectToPage("/Index", pageHandler: null, new { After = trouble, Since = since }, group)
            : RedirectToPage(
                "/Connection", pageHandler: null, new { accountId, After = trouble, Since = since }, group);
    }

    private async Task<bool> BreakOneAsync(
        SimulatedAirwallex simulation, string trouble, string accountId, CancellationToken cancellationToken)
    {
        switch (trouble)
        {
            case "lose-response":
                Say("The next response of Airwallex to this connection is lost.", accountId);
                simulation.Server.Faults.Next(
                    FaultTarget.Token, Fault.DropResponseAfterRotating(), accountId: accountId);
                await TryAsync("Renewing", accountId, () => Connections.RefreshAsync(accountId));
                return true;
            case "revoke":
                Say("The customer disconnects this application at Airwallex.", accountId);
                simulation.Disconnect(accountId);
                await DeliverWebhookAsync(simulation, accountId, cancellationToken);
                return true;
            case "revoke-quietly":
                Say("The customer disconnects this application at Airwallex, and nobody tells us.", accountId);
                simulation.Disconnect(accountId);
                return true;
            case "tell":
                await DeliverWebhookAsync(simulation, accountId, cancellationToken);
                return true;
            case "remove-role":
                Say("The person who agreed loses the admin role.", accountId);
                simulation.RemoveAdminRole(accountId);
                await TryAsync("Renewing", accountId, () => Connections.RefreshAsync(accountId));
                return true;
            case "restore-role":
                Say("The person who agreed has the admin role again.", accountId);
                simulation.RestoreAdminRole(accountId);
                return true;
            default:
                return false;
        }
    }

    private async Task<bool> BreakAllAsync(SimulatedAirwallex simulation, string trouble)
    {
        switch (trouble)
        {
            case "down":
                Say("Airwallex is down: no connection can be renewed.");
                simulation.GoDown();
                return true;
            case "up":
                Say("Airwallex is back. What was left undone is tried again soon.");
                simulation.ComeBack();
                return true;
            case "minutes":
                simulation.Clock.Advance(TimeSpan.FromMinutes(5));
                Say("Five minutes have passed.");
                return true;
            case "days":
                Say("Twenty days pass.");
                await PassDaysAsync(simulation);
                return true;
            default:
                return false;
        }
    }

    // The keep-alive looks every few minutes; here it looks whenever a quarter of a day has passed.
    private async Task PassDaysAsync(SimulatedAirwallex simulation)
    {
        var patience = Task.Delay(Patience);
        for (var quarters = 0; quarters < 20 * 4; quarters++)
        {
            simulation.Clock.Advance(TimeSpan.FromDays(0.25));
            if (!patience.IsCompleted)
            {
                // A round that takes longer goes on, and the timeline says how it ends.
                await (await Task.WhenAny(Connections.KeepAliveAsync(), patience));
            }
        }
    }

    private void Say(string text, string? accountId = null) => Timeline.Add(TimelineKind.Asked, accountId, text);

    // As Airwallex would: over HTTP, signed, to the address that is open to the world.
    private async Task DeliverWebhookAsync(
        SimulatedAirwallex simulation, string accountId, CancellationToken cancellationToken)
    {
        var webhook = simulation.Server.CreateWebhook(
            simulation.WebhookSecret, "connection.disconnected", accountId);
        using var client = http.CreateClient();
        client.Timeout = s_webhookTimeout;
        using var request = webhook.ToRequest(
            new Uri($"{Request.Scheme}://{Request.Host}{Request.PathBase}/airwallex/webhooks"));
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var status = (int)response.StatusCode;
            Timeline.Add(
                TimelineKind.Asked, accountId,
                response.IsSuccessStatusCode ? "Airwallex told us." : "Airwallex told us, but was not understood.",
                $"Webhook connection.disconnected, acknowledged with {status}.");
        }
        catch (Exception exception) when (
            exception is HttpRequestException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            Timeline.Add(
                TimelineKind.Asked, accountId, "Airwallex could not reach this portal to tell us.",
                $"Webhook connection.disconnected to {request.RequestUri}: {exception.Message}");
        }
    }
}
