namespace Airwallex.OAuth;

/// <summary>Whether a connection can be used.</summary>
public enum ConnectionStatus
{
    /// <summary>Tokens are refreshed and the API can be called.</summary>
    Active = 0,

    /// <summary>Airwallex refused the refresh token for good. The customer must authorize again.</summary>
    ReauthorizationRequired = 1,

    /// <summary>
    /// Airwallex reported a disconnection, and refused the refresh token for good. The customer must authorize again.
    /// </summary>
    Disconnected = 2,

    /// <summary>
    /// The stored tokens cannot be decrypted, because the Data Protection keys are not those that encrypted them. Bring
    /// the keys back. Never stored: with its keys, the connection has the status that it had before.
    /// </summary>
    Unreadable = 3,
}
