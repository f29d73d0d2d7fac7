using Microsoft.Extensions.Logging;
namespace Airwallex.OAuth;
internal static partial class TempLog
{
    [LoggerMessage(2, LogLevel.Warning, "x")]
    public static partial void InMemoryStoreInProduction(this ILogger logger);
    [LoggerMessage(3, LogLevel.Warning, "x")]
    public static partial void ChangedOptionsRefused(this ILogger logger, Exception exception);
    [LoggerMessage(60, LogLevel.Debug, "x {AccountId}")]
    public static partial void AccessTokenRefused(this ILogger logger, string accountId);
    [LoggerMessage(61, LogLevel.Debug, "x {AccountId}")]
    public static partial void BodyCannotBeSentTwice(this ILogger logger, string accountId);
}
