namespace Airwallex.OAuth;

/// <summary>What can happen to a connection.</summary>
public enum ConnectionEventKind
{
    /// <summary>The customer authorized, for the first time or again; or a connection was imported.</summary>
    Connected = 0,

    /// <summary>The tokens were refreshed and saved.</summary>
    Refreshed = 1,

    /// <summary>
    /// A refresh token whose response may have been lost was sent again with success: the connection was recovered.
    /// </summary>
    Recovered = 2,

    /// <summary>A refresh failed and will be tried again. The connection is untouched.</summary>
    RefreshFailed = 3,

    /// <summary>The refresh token is past its renewal window and is still not renewed. Alert an operator.</summary>
    RenewalOverdue = 4,

    /// <summary>Airwallex refused the refresh token for good. Ask the customer to authorize again.</summary>
    ReauthorizationRequired = 5,

    /// <summary>
    /// The application disconnected the account, or Airwallex did and refused the refresh token for good.
    /// </summary>
    Disconnected = 6,
}
