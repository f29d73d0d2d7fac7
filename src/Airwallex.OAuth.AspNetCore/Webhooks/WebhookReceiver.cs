using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Receives Airwallex's webhooks: checks size, signature and age, then handles each event once. Airwallex takes 200 for "handled" and
/// delivers again after anything else, so 200 is said only when the work is done.
/// </summary>
internal sealed class WebhookReceiver(
    AirwallexConnections connections, IOptionsMonitor<ConnectFlowOptions> options, TimeProvider time, ILogger<WebhookReceiver> logger)
{
    private const int MaxBodyBytes = 256 * 1024;

    private readonly RecentIds _handled = new(capacity: 10_000);
    private readonly ConcurrentDictionary<string, bool> _underWay = new(StringComparer.Ordinal);

    public async Task ReceiveAsync(HttpContext context) => context.Response.StatusCode = await HandleAsync(context.Request).ConfigureAwait(false);

    private async Task<int> HandleAsync(HttpRequest request)
    {
        var webhooks = options.CurrentValue.Webhooks;
        if (webhooks.Secrets.Count == 0)
        {
            logger.NoWebhookSecret();
            return StatusCodes.Status503ServiceUnavailable;
        }

        if (!TryHeader(request, "x-timestamp", out var timestamp) || !TryHeader(request, "x-signature", out var signature))
        {
            return Refuse(StatusCodes.Status400BadRequest, "x-timestamp or x-signature is missing");
        }

        if (!IsRecent(timestamp, webhooks.TimestampTolerance))
        {
            return Refuse(StatusCodes.Status401Unauthorized, "x-timestamp is no instant in milliseconds, or too far from our clock");
        }

        var aborted = request.HttpContext.RequestAborted;
        if (request.ContentLength > MaxBodyBytes)
        {
            return Refuse(StatusCodes.Status413PayloadTooLarge, "the body is too large");
        }

        var body = (await request.BodyReader.ReadAtLeastAsync(MaxBodyBytes + 1, aborted).ConfigureAwait(false)).Buffer;
        try
        {
            if (body.Length > MaxBodyBytes)
            {
                return Refuse(StatusCodes.Status413PayloadTooLarge, "the body is too large");
            }

            if (!WebhookSignature.IsValid(signature, timestamp, body, webhooks.Secrets))
            {
                return Refuse(StatusCodes.Status401Unauthorized, "the signature was made with none of the configured secrets");
            }

            return WebhookBody.Parse(body) is { } webhookEvent
                ? await HandleOnceAsync(webhookEvent, webhooks, aborted).ConfigureAwait(false)
                : Refuse(StatusCodes.Status400BadRequest, "the body is not a JSON object with an id and a name");
        }
        finally
        {
            request.BodyReader.AdvanceTo(body.End);
        }
    }

    private async Task<int> HandleOnceAsync(WebhookEvent webhookEvent, WebhookOptions webhooks, CancellationToken cancellationToken)
    {
        if (_handled.Contains(webhookEvent.Id))
        {
            logger.WebhookWasHandledBefore(Printable.From(webhookEvent.Id), Printable.From(webhookEvent.Name));
            return StatusCodes.Status200OK;
        }

        // Not 200: the delivery under way may yet fail.
        if (!_underWay.TryAdd(webhookEvent.Id, true))
        {
            return Refuse(StatusCodes.Status409Conflict, "another delivery of the same event is being handled");
        }

        try
        {
            if (!await TryHandleAsync(webhookEvent, webhooks, cancellationToken).ConfigureAwait(false))
            {
                return Refuse(StatusCodes.Status400BadRequest, "a disconnection names no account");
            }

            _handled.TryAdd(webhookEvent.Id);
            return StatusCodes.Status200OK;
        }
#pragma warning disable CA1031 // Whatever the store or the application throws: Airwallex is to deliver again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            logger.WebhookFailed(Printable.From(webhookEvent.Id), Printable.From(webhookEvent.Name), exception);
            return StatusCodes.Status503ServiceUnavailable;
        }
        finally
        {
            _underWay.TryRemove(webhookEvent.Id, out _);
        }
    }

    private async Task<bool> TryHandleAsync(WebhookEvent webhookEvent, WebhookOptions webhooks, CancellationToken cancellationToken)
    {
        if (webhookEvent.Name is not (WebhookBody.ConnectionDisconnected or WebhookBody.PartnerConnectionDisconnected))
        {
            logger.WebhookReceived(Printable.From(webhookEvent.Id), Printable.From(webhookEvent.Name));
            await (webhooks.OnEvent?.Invoke(webhookEvent, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            return true;
        }

        var accounts = WebhookBody.DisconnectedAccounts(webhookEvent);
        foreach (var accountId in accounts)
        {
            await DisconnectAsync(accountId, webhookEvent, cancellationToken).ConfigureAwait(false);
        }

        return accounts.Count > 0;
    }

    private async Task DisconnectAsync(string accountId, WebhookEvent disconnection, CancellationToken cancellationToken)
    {
        if (!await connections.MarkDisconnectedAsync(accountId, WebhookBody.Reason(disconnection), HappenedBy(disconnection), cancellationToken).ConfigureAwait(false))
        {
            logger.NothingToDisconnect(Printable.From(accountId), disconnection.CreatedAt);
        }
    }

    // Airwallex gives whole seconds: a disconnection may have happened up to the end of its second, so after a connection made in it.
    private static DateTimeOffset? HappenedBy(WebhookEvent disconnection) => disconnection.CreatedAt is { } createdAt
        ? DateTimeOffset.FromUnixTimeSeconds(createdAt.ToUnixTimeSeconds()).AddSeconds(1).AddTicks(-1)
        : null;

    private bool IsRecent(string timestamp, TimeSpan tolerance) =>
        long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var sentAt)
        && Math.Abs(time.GetUtcNow().ToUnixTimeMilliseconds() - sentAt) <= tolerance.TotalMilliseconds;

    private static bool TryHeader(HttpRequest request, string name, out string value)
    {
        value = request.Headers.TryGetValue(name, out var values) && values is { Count: 1 } ? values[0] ?? "" : "";
        return value.Length > 0;
    }

    private int Refuse(int status, string reason)
    {
        logger.RefusedWebhook(reason, status);
        return status;
    }
}
