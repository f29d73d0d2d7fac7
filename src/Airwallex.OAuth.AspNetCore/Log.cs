using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// What the flow and the webhooks log. Ids are stable. No message holds a token, a code, a state or a secret.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2001, LogLevel.Debug, "Sending a customer to Airwallex, to come back to {RedirectUri}.")]
    public static partial void SendingCustomerToAirwallex(this ILogger logger, string redirectUri);

    [LoggerMessage(EventId = 2002, Message = "A customer came back from Airwallex without a connection: {Kind}. " +
        "Airwallex said: {Error}.")]
    public static partial void CustomerCameBackWithoutConnection(
        this ILogger logger, LogLevel level, ConnectFailureKind kind, string? error, Exception? exception);

    [LoggerMessage(2003, LogLevel.Information, "A callback was refused: {Reason}")]
    public static partial void RefusedCallback(this ILogger logger, string reason);

    [LoggerMessage(2004, LogLevel.Error, "The changed options of the connect flow cannot be used; the ones before " +
        "the change stay in force. Only webhook secrets are those of the change: {Secrets} can be used, and a " +
        "removed one counts no more. Correct the options.")]
    public static partial void ChangedOptionsRefused(this ILogger logger, int secrets, Exception exception);

    [LoggerMessage(2005, LogLevel.Warning, "AirwallexOAuthOptions.RedirectUri is not set, and the server listens on " +
        "http only ({Addresses}): the redirect URI is made from each request, and Airwallex accepts https alone. " +
        "Behind a proxy, set RedirectUri to the address that Airwallex knows, or use forwarded headers.")]
    public static partial void RedirectUriMayNotBeHttps(this ILogger logger, string addresses);

    [LoggerMessage(2010, LogLevel.Debug, "Webhook {EventId} received: {EventName}.")]
    public static partial void WebhookReceived(this ILogger logger, string? eventId, string? eventName);

    [LoggerMessage(2012, LogLevel.Warning, "A webhook was refused with {StatusCode}: {Reason}. {Suppressed} more " +
        "like it were not logged since the last line.")]
    public static partial void RefusedWebhook(this ILogger logger, int statusCode, string reason, long suppressed);

    [LoggerMessage(2014, LogLevel.Error, "OnEvent failed for webhook {EventId} ({EventName}). It gets a 503, so that " +
        "Airwallex delivers it again. {Suppressed} more failures were not logged since the last line.")]
    public static partial void WebhookFailed(
        this ILogger logger, string? eventId, string? eventName, long suppressed, Exception exception);

    [LoggerMessage(2015, LogLevel.Information, "Airwallex reported that account {AccountId} was disconnected, but no " +
        "connection of it is stored; nothing is done.")]
    public static partial void NothingToDisconnect(this ILogger logger, string? accountId);

    [LoggerMessage(2016, LogLevel.Warning, "A reported disconnection of account {AccountId} could not be passed on; " +
        "the account's next refresh learns the same. {Suppressed} more were not logged since the last line.")]
    public static partial void DisconnectionNotReported(
        this ILogger logger, string? accountId, long suppressed, Exception exception);

    [LoggerMessage(2017, LogLevel.Warning, "Webhook {EventId} ({EventName}) reports a disconnection but names no " +
        "account; nothing is done.")]
    public static partial void DisconnectionWithoutAccount(this ILogger logger, string? eventId, string? eventName);

    [LoggerMessage(2018, LogLevel.Warning, "The host stopped before {Count} reported disconnections were passed on; " +
        "the accounts' next refreshes learn the same.")]
    public static partial void StoppedBeforeReporting(this ILogger logger, int count);
}
