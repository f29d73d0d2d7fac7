namespace Airwallex.OAuth.AspNetCore;

/// <summary>Why a customer came back without a connection.</summary>
public enum ConnectFailureKind
{
    /// <summary>The customer said no on Airwallex's consent screen (<c>access_denied</c>). The failure page has status 403.</summary>
    Declined = 0,

    /// <summary>Airwallex sent the customer back with another error, such as <c>invalid_scope</c>. Status 502, or 400 when nothing shows that the redirect belongs to a flow.</summary>
    AuthorizationError = 1,

    /// <summary>
    /// The callback is forged, was used before, or belongs to a flow that another browser started. Nothing was sent to Airwallex.
    /// Status 400.
    /// </summary>
    InvalidCallback = 2,

    /// <summary>The customer took longer than <see cref="ConnectFlowOptions.StateLifetime"/>. Nothing was sent to Airwallex. Status 400.</summary>
    Expired = 3,

    /// <summary>
    /// The code could not be exchanged for tokens. Status 400 when Airwallex refused the code (it lives minutes and is good for one
    /// use), 503 when Airwallex could not be reached or failed, 502 otherwise.
    /// </summary>
    ExchangeFailed = 4,

    /// <summary>The connection could not be saved. Status 503.</summary>
    StoreUnavailable = 5,
}
