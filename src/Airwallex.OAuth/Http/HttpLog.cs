using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth;

/// <summary>What is told about requests to the API. Event ids and names are stable.</summary>
internal static partial class HttpLog
{
    [LoggerMessage(60, LogLevel.Debug,
        "The API rejected the access token of account {AccountId} with 401; the request is sent again with another " +
        "one.")]
    public static partial void RejectedTokenReplaced(this ILogger logger, string accountId);

    [LoggerMessage(61, LogLevel.Debug,
        "The API rejected the access token of account {AccountId} with 401. The token was replaced; the body of the " +
        "request cannot be sent twice, so the response is passed on.")]
    public static partial void RejectedTokenNotResent(this ILogger logger, string accountId);
}
