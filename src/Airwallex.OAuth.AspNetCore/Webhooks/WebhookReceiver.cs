using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Receives Airwallex's webhooks: checks size, signature and age, passes disconnections on as hints, and tells the
/// application. Airwallex takes 200 for "received" and delivers again after anything else, for three days.
/// </summary>
internal sealed class WebhookReceiver(ConnectFlow flow, DisconnectionReports reports, IServiceProvider services)
{
    private const int MaxBodyBytes = 256 * 1024;

    // A report is usually stored within milliseconds. Airwallex is not to wait for a slow store: a crash before then
    // loses only a hint.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly WebhookMetrics _metrics = new(services, flow.ApplicationName);
    private readonly TimeProvider _time = services.GetRequiredService<TimeProvider>();
    private readonly LogThrottle _throttle = services.GetRequiredService<LogThrottle>();
    private readonly ILogger _logger = services.GetRequiredService<ILogger<WebhookReceiver>>();

    public async Task ReceiveAsync(HttpContext context)
    {
        var outcome = await HandleAsync(context).ConfigureAwait(false);
        context.Response.StatusCode = outcome.StatusCode;
        _metrics.Received(outcome.Name);
        if (outcome.Fault is { } fault && _throttle.ShouldLog(outcome.Name, out var suppressed))
        {
            _logger.RefusedWebhook(outcome.StatusCode, fault, suppressed);
        }
    }

    private async Task<WebhookOutcome> HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var webhooks = flow.Options.Webhooks;
        if (webhooks.Secrets.Count == 0)
        {
            return WebhookOutcome.NoSecret;
        }

        if (!TryHeader(request, "x-timestamp", out var timestamp)
            || !TryHeader(request, "x-signature", out var signature))
        {
            return WebhookOutcome.Unsigned;
        }

        if (request.ContentLength > MaxBodyBytes)
        {
            return WebhookOutcome.TooLarge;
        }

        var read = await request.BodyReader.ReadAtLeastAsync(MaxBodyBytes + 1, context.RequestAborted)
            .ConfigureAwait(false);
        var body = read.Buffer;
        try
        {
            return body.Length > MaxBodyBytes ? WebhookOutcome.TooLarge
                : !WebhookSignature.IsValid(signature, timestamp, body, webhooks.Secrets)
                    ? WebhookOutcome.WrongSignature
                : !IsRecent(timestamp, webhooks.MaxAge) ? WebhookOutcome.TooOld
                : WebhookBody.Parse(body) is { } webhookEvent
                    ? await AcceptAsync(webhookEvent, webhooks, context).ConfigureAwait(false)
                : WebhookOutcome.Malformed;
        }
        finally
        {
            request.BodyReader.AdvanceTo(body.End);
        }
    }

    private async Task<WebhookOutcome> AcceptAsync(
        WebhookEvent webhookEvent, WebhookOptions webhooks, HttpContext context)
    {
        var (id, name) = (Printable.From(webhookEvent.Id), Printable.From(webhookEvent.Name));
        _logger.WebhookReceived(id, name);
        // First, so that an application that hangs or throws holds up no report.
        var stored = PassOnDisconnections(webhookEvent);
        try
        {
            await (webhooks.OnEvent?.Invoke(new WebhookContext
            {
                Event = webhookEvent,
                Services = context.RequestServices,
                ApplicationName = flow.ApplicationName,
                CancellationToken = context.RequestAborted,
            }) ?? Task.CompletedTask).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the application throws: Airwallex is to deliver again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (_throttle.ShouldLog(WebhookOutcome.HandlerFailed.Name, out var suppressed))
            {
                _logger.WebhookFailed(id, name, suppressed, exception);
            }

            return WebhookOutcome.HandlerFailed;
        }

        return await AreStoredAsync(stored).ConfigureAwait(false) ? WebhookOutcome.Accepted : WebhookOutcome.NotStored;
    }

    /// <returns>Each report, true once it is stored; null for one that there is no room for.</returns>
    private List<Task<bool>?> PassOnDisconnections(WebhookEvent webhookEvent)
    {
        if (!WebhookBody.IsDisconnection(webhookEvent))
        {
            return [];
        }

        var accounts = WebhookBody.DisconnectedAccounts(webhookEvent);
        if (accounts.Count == 0)
        {
            // To deliver it again would not help.
            _logger.DisconnectionWithoutAccount(Printable.From(webhookEvent.Id), Printable.From(webhookEvent.Name));
        }

        var reason = WebhookBody.Reason(webhookEvent);
        return accounts.Select(accountId => reports.TryAdd(flow.Connections, accountId, reason)).ToList();
    }

    private async Task<bool> AreStoredAsync(List<Task<bool>?> stored)
    {
        if (stored.Contains(null))
        {
            return false;
        }

        try
        {
            var results = await Task.WhenAll(stored!).WaitAsync(s_patience, _time).ConfigureAwait(false);
            return results.All(isStored => isStored);
        }
        catch (TimeoutException)
        {
            // Under way, and awaited when the host stops.
            return true;
        }
    }

    private bool IsRecent(string timestamp, TimeSpan maxAge) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var sentAt)
        && Math.Abs(_time.GetUtcNow().ToUnixTimeMilliseconds() - sentAt) <= maxAge.TotalMilliseconds;

    private static bool TryHeader(HttpRequest request, string name, out string value)
    {
        value = request.Headers.TryGetValue(name, out var values) && values is { Count: 1 } ? values[0] ?? "" : "";
        return value.Length > 0;
    }
}
