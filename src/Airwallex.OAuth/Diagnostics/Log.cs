using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>Every log message of the library. Event ids and names are stable; no message holds a token, a code or a secret.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The access token of account {AccountId} says that it expired at {ExpiresAt}, but it was issued just now, at {Now} by this machine's clock. Only expires_in is used. Check this machine's clock.")]
    public static partial void AccessTokenExpiryOutOfStep(this ILogger logger, string accountId, DateTimeOffset expiresAt, DateTimeOffset now);

    [LoggerMessage(2, LogLevel.Warning, "Connections are kept in memory only, in the Production environment: a restart loses every one of them and customers must authorize again. Register a lasting store with AddTokenStore or AddEntityFrameworkStore.")]
    public static partial void InMemoryStoreInProduction(this ILogger logger);

    [LoggerMessage(3, LogLevel.Error, "The changed options of Airwallex OAuth cannot be used; the ones before the change stay in force. Correct them.")]
    public static partial void ChangedOptionsRefused(this ILogger logger, Exception exception);

    [LoggerMessage(10, LogLevel.Information, "Account {AccountId} is connected.")]
    public static partial void Connected(this ILogger logger, string accountId);

    [LoggerMessage(11, LogLevel.Information, "Account {AccountId} is disconnected: {Reason}")]
    public static partial void Disconnected(this ILogger logger, string accountId, string reason);

    [LoggerMessage(20, LogLevel.Debug, "The tokens of account {AccountId} were refreshed ({Trigger}); the access token is valid until {ExpiresAt}.")]
    public static partial void Refreshed(this ILogger logger, string accountId, RefreshTrigger trigger, DateTimeOffset expiresAt);

    [LoggerMessage(21, LogLevel.Information, "The tokens of account {AccountId} were recovered: an answer had been lost, and its refresh token was sent again.")]
    public static partial void Recovered(this ILogger logger, string accountId);

    [LoggerMessage(22, LogLevel.Warning, "The refresh of account {AccountId} failed ({Trigger}); the connection is untouched, and the next try is not before {NextTry}.")]
    public static partial void RefreshFailed(this ILogger logger, string accountId, RefreshTrigger trigger, DateTimeOffset nextTry, Exception exception);

    [LoggerMessage(23, LogLevel.Debug, "A token request of account {AccountId} failed and is repeated in {Delay}: {Reason}")]
    public static partial void RetryingTokenRequest(this ILogger logger, string accountId, TimeSpan delay, string reason);

    [LoggerMessage(24, LogLevel.Warning, "Account {AccountId} must authorize again: {Reason}")]
    public static partial void ReauthorizationRequired(this ILogger logger, string accountId, string reason);

    [LoggerMessage(25, LogLevel.Debug, "Account {AccountId} is being refreshed by another instance until {LeaseExpiresAt} at the latest; waiting.")]
    public static partial void WaitingForLease(this ILogger logger, string accountId, DateTimeOffset leaseExpiresAt);

    [LoggerMessage(26, LogLevel.Warning, "A refresh of account {AccountId} was interrupted and its grace period is over. Its refresh token is sent once more if nothing changes until {AttemptAt}.")]
    public static partial void GraceExceeded(this ILogger logger, string accountId, DateTimeOffset attemptAt);

    [LoggerMessage(30, LogLevel.Critical, "The token store fails while new tokens of account {AccountId} wait to be saved; they live in this process's memory only. Do not stop it; repair the store. Trying again.")]
    public static partial void SavingFails(this ILogger logger, string accountId, Exception exception);

    [LoggerMessage(31, LogLevel.Information, "The tokens of account {AccountId} that the token store had failed to take are saved now.")]
    public static partial void SavedAfterAll(this ILogger logger, string accountId);

    [LoggerMessage(32, LogLevel.Debug, "The note about the failed refresh of account {AccountId} could not be updated; its lease runs out by itself.")]
    public static partial void ReleaseFailed(this ILogger logger, string accountId, Exception exception);

    [LoggerMessage(40, LogLevel.Error, "The refresh token of account {AccountId} is past its renewal window, which ended at {WindowEnd}, and expires at {ExpiresAt}. Find out why it is not renewed.")]
    public static partial void RenewalOverdue(this ILogger logger, string accountId, DateTimeOffset windowEnd, DateTimeOffset expiresAt);

    [LoggerMessage(41, LogLevel.Error, "Looking for connections to {Work} failed; looking again in {Interval}.")]
    public static partial void MaintenanceFailed(this ILogger logger, string work, TimeSpan interval, Exception exception);

    [LoggerMessage(42, LogLevel.Warning, "The host stopped waiting for {Count} refreshes that were still running.")]
    public static partial void StoppedWhileRefreshing(this ILogger logger, int count);

    [LoggerMessage(50, LogLevel.Error, "A connection observer failed on {Kind} of account {AccountId}.")]
    public static partial void ObserverFailed(this ILogger logger, ConnectionEventKind kind, string accountId, Exception exception);

    [LoggerMessage(60, LogLevel.Debug, "Airwallex refused the access token of account {AccountId} with 401; sending again with another one.")]
    public static partial void AccessTokenRefused(this ILogger logger, string accountId);

    [LoggerMessage(61, LogLevel.Debug, "Airwallex refused the access token of account {AccountId} with 401; the body of the request cannot be sent twice, so the answer is passed on.")]
    public static partial void BodyCannotBeSentTwice(this ILogger logger, string accountId);
}
