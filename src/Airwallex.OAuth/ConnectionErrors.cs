namespace Airwallex.OAuth;

/// <summary>What the core tells callers, in one place: what happened, to which account, and what to do.</summary>
internal static class ConnectionErrors
{
    public static AirwallexOAuthException Unreadable(string accountId) =>
        new($"The connection of account {accountId} cannot be used. {ConnectionState.UnreadableReason} "
            + "Or disconnect the account, or let the customer connect again.")
        {
            AccountId = accountId,
        };

    public static ReauthorizationRequiredException Ended(ConnectionState connection) =>
        new(connection.Key.AccountId, connection.StatusReason ?? "The connection has ended.");

    /// <summary>Why a connection ends, as a sentence.</summary>
    public static string RefusalReason(TokenRequestException refusal)
    {
        var said = refusal.ErrorDescription is { } text ? $"{refusal.Error}: {text}" : refusal.Error;
        return $"Airwallex refused the refresh token ({said}).";
    }

    public static AirwallexOAuthException Unexpected(string accountId, Exception exception) =>
        new($"The refresh of account {accountId} failed unexpectedly: {exception.Message}", exception)
        {
            AccountId = accountId,
            IsTransient = true,
        };

    public static AirwallexOAuthException TakesLong(string accountId, Exception exception) =>
        new($"The refresh of account {accountId} takes long and goes on. Try again in a moment.", exception)
        {
            AccountId = accountId,
            IsTransient = true,
        };

    public static AirwallexOAuthException NotSavedYet(string accountId, Exception saveFailure) =>
        new($"The last tokens of account {accountId} could not be saved yet, and no refresh token is sent before " +
            $"they are. "
            + "Repair the token store.", saveFailure)
        {
            AccountId = accountId,
            IsTransient = true,
        };

    public static AirwallexOAuthException NoUsableAccessToken(string accountId) =>
        new($"Airwallex's last token response for account {accountId} held no access token that can be used. "
            + "Its refresh token is saved; try again in a moment.")
        {
            AccountId = accountId,
            IsTransient = true,
        };

    public static AirwallexOAuthException GraceExceeded(
        string accountId, DateTimeOffset lastSendAt, TimeSpan retryAfter) =>
        new($"The response to a refresh of account {accountId} was lost, and the grace period is over. "
            + $"Its refresh token is sent once more at {lastSendAt:O}, unless another instance has the response.")
        {
            AccountId = accountId,
            IsTransient = true,
            RetryAfter = retryAfter,
        };

    public static TokenRequestException Cut(string accountId, string why, Exception? exception, bool isSent) =>
        new($"The refresh of account {accountId} was cut. {why} "
            + (isSent ? "Airwallex may have processed it." : "Nothing was sent."), exception)
        {
            AccountId = accountId,
            IsTransient = true,
            RequestNotSent = !isSent,
        };

    public static TokenRequestException RefusedElsewhere(
        string accountId, string endpoint, string issuer, TokenRequestException refusal) =>
        new($"{endpoint} refused the refresh token of account {accountId}, which {issuer} issued. This proves " +
            $"nothing, and the connection "
            + "is untouched. Check Environment and TokenEndpoint; if they are right, let the customer connect again.",
                refusal)
        {
            AccountId = accountId,
            StatusCode = refusal.StatusCode,
            Error = refusal.Error,
        };

    public static AirwallexOAuthException CoolingDown(
        string accountId, AirwallexOAuthException lastError, DateTimeOffset until, TimeSpan left)
    {
        var message =
            $"The tokens of account {accountId} could not be refreshed a moment ago, and the next try is not before " +
            $"{until:O}. "
            + $"The last error was: {lastError.Message}";
        var retryAfter = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        return lastError is TokenRequestException last
            ? new TokenRequestException(message, last)
            {
                AccountId = accountId,
                StatusCode = last.StatusCode,
                Error = last.Error,
                ErrorDescription = last.ErrorDescription,
                TraceId = last.TraceId,
                IsTransient = last.IsTransient,
                RetryAfter = retryAfter,
            }
            : new AirwallexOAuthException(message, lastError)
            {
                AccountId = accountId,
                IsTransient = lastError.IsTransient,
                RetryAfter = retryAfter,
            };
    }
}
