namespace Airwallex.OAuth;

/// <summary>What can happen to a connection.</summary>
public enum ConnectionEventKind
{
    /// <summary>The customer authorized, for the first time or again.</summary>
    Connected = 0,

    /// <summary>The tokens were refreshed and saved.</summary>
    Refreshed = 1,

    /// <summary>The tokens were refreshed by sending a refresh token again whose answer had been lost: a connection saved inside the grace period.</summary>
    Recovered = 2,

    /// <summary>A refresh failed and will be tried again; the connection is untouched.</summary>
    RefreshFailed = 3,

    /// <summary>The refresh token is past its renewal window and still not renewed. Alert whoever operates the application.</summary>
    RenewalOverdue = 4,

    /// <summary>Airwallex refused the refresh token for good. Ask the customer to authorize again.</summary>
    ReauthorizationRequired = 5,

    /// <summary>The connection was ended, on our side or on Airwallex's.</summary>
    Disconnected = 6,
}
