namespace Airwallex.OAuth;

/// <summary>
/// The connection has ended, because Airwallex refused its refresh token for good. Only the customer can renew it,
/// through the authorization flow. Until then no token is sent for the account, so do not retry.
/// </summary>
/// <remarks>See "When tokens become invalid" on Airwallex's page "Authorize new customers".</remarks>
public sealed class ReauthorizationRequiredException : AirwallexOAuthException
{
    /// <summary>Creates the exception for an account.</summary>
    public ReauthorizationRequiredException(string accountId, string reason, Exception? innerException = null)
        : base(
            $"Account {accountId} must authorize again: {reason} Send the customer through the authorization flow.",
            innerException)
    {
        AccountId = accountId;
        Reason = reason;
    }

    /// <summary>Why, as a sentence; the same as <see cref="AirwallexConnection.StatusReason"/>.</summary>
    public string Reason { get; }
}
