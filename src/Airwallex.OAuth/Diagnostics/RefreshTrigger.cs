namespace Airwallex.OAuth;

/// <summary>Why a refresh was started, as logs, metrics and spans tell it.</summary>
internal enum RefreshTrigger
{
    /// <summary>A caller needs an access token and there is none that is fresh.</summary>
    Expired,

    /// <summary>The access token will expire soon; nobody waits.</summary>
    Ahead,

    /// <summary>The API rejected the access token.</summary>
    Rejected,

    /// <summary>A caller asked for a refresh.</summary>
    Forced,

    /// <summary>The refresh token is due for renewal.</summary>
    KeepAlive,

    /// <summary>An instance left a refresh unfinished.</summary>
    Recovery,

    /// <summary>A webhook reported a disconnection.</summary>
    Webhook,
}
