namespace Airwallex.OAuth;

/// <summary>Why a refresh was started, as logs, metrics and spans tell it.</summary>
internal enum RefreshTrigger
{
    /// <summary>A caller needs an access token and holds none that is fresh.</summary>
    Expired,

    /// <summary>The access token will expire soon; nobody waits.</summary>
    Ahead,

    /// <summary>The API refused the access token.</summary>
    Refused,

    /// <summary>A caller asked for one.</summary>
    Forced,

    /// <summary>The refresh token is due for renewal.</summary>
    KeepAlive,

    /// <summary>An instance left a refresh unfinished.</summary>
    Recovery,
}
