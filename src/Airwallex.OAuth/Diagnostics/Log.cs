using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>
/// Every log message of the refresh and the keep-alive. Event ids and names are stable; no message holds a token, a
/// code or a secret. The table of ids is in docs/operating.md.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning,
        "The token response for account {AccountId} is odd: {Oddities} Its refresh token is saved, and defaults fill " +
        "in.")]
    public static partial void OddTokenResponse(this ILogger logger, string accountId, string oddities);

    [LoggerMessage(10, LogLevel.Information, "Account {AccountId} is connected.")]
    public static partial void Connected(this ILogger logger, string accountId);

    [LoggerMessage(11, LogLevel.Information, "The application disconnected account {AccountId}.")]
    public static partial void Disconnected(this ILogger logger, string accountId);

    [LoggerMessage(12, LogLevel.Warning, "An account could not be connected ({Outcome}).")]
    public static partial void ConnectFailed(this ILogger logger, string outcome, Exception exception);

    [LoggerMessage(13, LogLevel.Information, "The refresh token of account {AccountId} was imported.")]
    public static partial void Imported(this ILogger logger, string accountId);

    public static void Refreshed(
        this ILogger logger, string accountId, RefreshTrigger trigger, DateTimeOffset expiresAt, bool isRecovered)
    {
        if (isRecovered)
        {
            logger.Recovered(accountId);
        }
        else if (trigger == RefreshTrigger.KeepAlive)
        {
            logger.Renewed(accountId);
        }
        else
        {
            logger.Refreshed(accountId, trigger, expiresAt);
        }
    }

    [LoggerMessage(20, LogLevel.Debug,
        "The tokens of account {AccountId} were refreshed ({Trigger}). The access token is valid until {ExpiresAt:O}.")]
    private static partial void Refreshed(
        this ILogger logger, string accountId, RefreshTrigger trigger, DateTimeOffset expiresAt);

    [LoggerMessage(21, LogLevel.Information,
        "The tokens of account {AccountId} were recovered: a response may have been lost, and the refresh token was " +
        "sent again.")]
    private static partial void Recovered(this ILogger logger, string accountId);

    [LoggerMessage(22, LogLevel.Warning,
        "The refresh of account {AccountId} failed ({Trigger}, {Count} of this kind). The connection is untouched. "
        + "The next try is not before {NextTry:O}.")]
    public static partial void RefreshFailed(
        this ILogger logger, string accountId, RefreshTrigger trigger, DateTimeOffset? nextTry, int count,
        Exception exception);

    [LoggerMessage(
        23, LogLevel.Debug, "A token request of account {AccountId} failed and is retried in {Delay}: {Reason}")]
    public static partial void RetryingTokenRequest(
        this ILogger logger, string accountId, TimeSpan delay, string reason);

    [LoggerMessage(24, LogLevel.Warning, "The connection of account {AccountId} has ended ({Status}): {Reason}")]
    public static partial void ConnectionEnded(
        this ILogger logger, string accountId, ConnectionStatus status, string? reason);

    [LoggerMessage(25, LogLevel.Debug,
        "Another instance is refreshing account {AccountId} until {LeaseExpiresAt:O} at the latest; waiting.")]
    public static partial void WaitingForLease(this ILogger logger, string accountId, DateTimeOffset leaseExpiresAt);

    [LoggerMessage(26, LogLevel.Warning,
        "The response to a refresh of account {AccountId} was lost, and the grace period is over. "
        + "The refresh token is sent once more at {NextTry:O}, unless another instance has the response.")]
    public static partial void GraceExceeded(this ILogger logger, string accountId, DateTimeOffset nextTry);

    [LoggerMessage(27, LogLevel.Information, "The refresh token of account {AccountId} was renewed.")]
    private static partial void Renewed(this ILogger logger, string accountId);

    [LoggerMessage(30, LogLevel.Critical,
        "The token store fails while new tokens wait to be saved, those of account {AccountId} among them. They live " +
        "in this process's memory "
        + "only ({Held} now; {Count} failed saves). Do not stop the process; repair the store. Saving goes on.")]
    public static partial void SavingFails(
        this ILogger logger, string accountId, int held, int count, Exception exception);

    [LoggerMessage(
        31,
        LogLevel.Information,
        "The tokens of account {AccountId} that the token store had failed to take are saved now.")]
    public static partial void SavedAfterAll(this ILogger logger, string accountId);

    [LoggerMessage(
        32,
        LogLevel.Debug,
        "The attempt of the failed refresh of account {AccountId} could not be ended in the store; its lease runs " +
        "out.")]
    public static partial void ReleaseFailed(this ILogger logger, string accountId, Exception exception);

    [LoggerMessage(40, LogLevel.Error,
        "The refresh token of account {AccountId} is past its renewal window, which ended at {WindowEnd:O}, and " +
        "expires at {ExpiresAt:O}. "
        + "Find out why it is not renewed.")]
    public static partial void RenewalOverdue(
        this ILogger logger, string accountId, DateTimeOffset windowEnd, DateTimeOffset? expiresAt);

    [LoggerMessage(
        41, LogLevel.Error, "The keep-alive failed to {Work} connections ({Count} times); it tries again in seconds.")]
    public static partial void MaintenanceFailed(this ILogger logger, string work, int count, Exception exception);

    [LoggerMessage(42, LogLevel.Critical,
        "The process ends while {Count} refreshes are still running and {Held} responses are not saved. Give the " +
        "host a longer ShutdownTimeout.")]
    public static partial void StoppedWhileRefreshing(this ILogger logger, int count, int held);

    [LoggerMessage(43, LogLevel.Warning,
        "The host waits {ShutdownTimeout} for its services to stop; a refresh in flight may need {Needed}. Set " +
        "HostOptions.ShutdownTimeout.")]
    public static partial void ShortShutdownTimeout(this ILogger logger, TimeSpan shutdownTimeout, TimeSpan needed);

    [LoggerMessage(44, LogLevel.Error,
        "The token store holds connections of client id {OtherClientId}, and none of this application's client id " +
        "{ClientId}. "
        + "If that is not intended, correct ClientId: none of the customers needs to connect again.")]
    public static partial void NoConnectionOfThisClient(this ILogger logger, string clientId, string otherClientId);

    [LoggerMessage(50, LogLevel.Error, "The connection observer {Observer} failed on {Kind} of account {AccountId}.")]
    public static partial void ObserverFailed(
        this ILogger logger, string observer, ConnectionEventKind kind, string accountId, Exception exception);
}
