namespace Airwallex.OAuth;

/// <summary>Whether a connection can be used.</summary>
public enum ConnectionStatus
{
    /// <summary>Tokens are refreshed and the API can be called.</summary>
    Active = 0,

    /// <summary>Airwallex refused the refresh token for good; the customer must authorize again.</summary>
    ReauthorizationRequired = 1,

    /// <summary>Airwallex told us (by webhook) that the customer disconnected; the customer must authorize again.</summary>
    Disconnected = 2,
}
