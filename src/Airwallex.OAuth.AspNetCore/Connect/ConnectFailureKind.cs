namespace Airwallex.OAuth.AspNetCore;

/// <summary>Why a customer came back without a connection.</summary>
public enum ConnectFailureKind
{
    /// <summary>
    /// The customer said no on Airwallex's consent screen (<c>access_denied</c>). The failure page has status 403.
    /// </summary>
    Declined = 0,

    /// <summary>
    /// Airwallex sent the customer back with another error, such as <c>invalid_scope</c>. Status 502, or 400 when
    /// nothing shows that the redirect belongs to a flow.
    /// </summary>
    AuthorizationError = 1,

    /// <summary>
    /// The callback is forged or damaged: its state was not made by this application. Nothing was sent to Airwallex.
    /// Status 400.
    /// </summary>
    InvalidCallback = 2,

    /// <summary>
    /// The customer took longer than <see cref="ConnectFlowOptions.StateLifetime"/>. Nothing was sent to Airwallex.
    /// Status 400.
    /// </summary>
    Expired = 3,

    /// <summary>
    /// The code could not be exchanged for tokens. Status 503 when Airwallex could not be reached or failed, 502
    /// otherwise.
    /// </summary>
    ExchangeFailed = 4,

    /// <summary>The connection could not be saved. Status 503.</summary>
    StoreUnavailable = 5,

    /// <summary>
    /// The browser did not send the cookie of the flow: it blocks cookies, or another browser started the flow. Nothing
    /// was sent to Airwallex. Status 400.
    /// </summary>
    MissingCookie = 6,

    /// <summary>
    /// Another user is signed in than the one who started the flow. Nothing was sent to Airwallex, nothing is linked.
    /// Status 403.
    /// </summary>
    AnotherUser = 7,

    /// <summary>
    /// The customer authorized another account than <see cref="ConnectProperties.AccountId"/>. Nothing is saved. Status
    /// 409.
    /// </summary>
    AnotherAccount = 8,

    /// <summary>
    /// <see cref="ConnectFlowOptions.OnConnecting"/> refused the connection. Nothing is saved. Status 403.
    /// </summary>
    Refused = 9,

    /// <summary>
    /// <see cref="ConnectFlowOptions.OnConnecting"/> threw or took too long. Nothing is saved. Status 500.
    /// </summary>
    ConnectingFailed = 10,

    /// <summary>
    /// Airwallex refused the code (<c>invalid_grant</c>): most probably the same callback came to another instance
    /// first, by a double click or a reload, and the customer is connected. The code may also be too old. Status 200,
    /// or 409 for clients that ask for JSON.
    /// </summary>
    AlreadyUsed = 11,
}
