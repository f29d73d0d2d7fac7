using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>What the flow and the webhooks log. Ids are stable. No message holds a token, a code, a state or a secret.</summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Debug, "Sending a customer to Airwallex, to come back to {RedirectUri}.")]
    public static partial void SendingCustomerToAirwallex(this ILogger logger, string redirectUri);

    [LoggerMessage(2002, LogLevel.Warning, "A customer came back from Airwallex without a connection: {Kind}. Airwallex said: {Error}.")]
    public static partial void CustomerCameBackWithoutConnection(this ILogger logger, ConnectFailureKind kind, string? error, Exception? exception);

    [LoggerMessage(2003, LogLevel.Information, "A callback was refused: {Reason}")]
    public static partial void RefusedCallback(this ILogger logger, string reason);

    [LoggerMessage(2010, LogLevel.Debug, "Webhook {EventId} received: {EventName}.")]
    public static partial void WebhookReceived(this ILogger logger, string? eventId, string? eventName);

    [LoggerMessage(2011, LogLevel.Debug, "Webhook {EventId} ({EventName}) was handled before; nothing is done.")]
    public static partial void WebhookWasHandledBefore(this ILogger logger, string? eventId, string? eventName);

    [LoggerMessage(2012, LogLevel.Warning, "A webhook was refused with {StatusCode}: {Reason}.")]
    public static partial void RefusedWebhook(this ILogger logger, string reason, int statusCode);

    [LoggerMessage(2013, LogLevel.Error, "A webhook came in, but no secret is configured to check it with. Set ConnectFlowOptions.Webhooks.Secrets; Airwallex delivers the event again.")]
    public static partial void NoWebhookSecret(this ILogger logger);

    [LoggerMessage(2014, LogLevel.Error, "Webhook {EventId} ({EventName}) could not be handled. It is answered 503, so that Airwallex delivers it again.")]
    public static partial void WebhookFailed(this ILogger logger, string? eventId, string? eventName, Exception exception);

    [LoggerMessage(2015, LogLevel.Information, "Airwallex reported that account {AccountId} was disconnected at {CreatedAt}; no connection of that time is stored, so nothing is done.")]
    public static partial void NothingToDisconnect(this ILogger logger, string? accountId, DateTimeOffset? createdAt);
}
