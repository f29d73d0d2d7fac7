namespace Airwallex.OAuth;

/// <summary>
/// No connection of the account is stored: it was never connected, or it was disconnected. Send the customer through
/// the authorization flow.
/// </summary>
public sealed class ConnectionNotFoundException : AirwallexOAuthException
{
    /// <summary>Creates the exception for an account.</summary>
    public ConnectionNotFoundException(string accountId)
        : base($"No connection is stored for account {accountId}. "
            + "Send the customer through the authorization flow, or check the account id.") =>
        AccountId = accountId;
}
