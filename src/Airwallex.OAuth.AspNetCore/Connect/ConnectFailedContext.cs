using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// A customer has come back without a connection: what <see cref="ConnectFlowOptions.OnFailed"/> is told. Not
/// thread-safe. A repeated callback tells it again.
/// </summary>
public sealed class ConnectFailedContext
{
    /// <summary>The callback request.</summary>
    public required HttpContext HttpContext { get; init; }

    /// <summary>Why.</summary>
    public required ConnectFailureKind Kind { get; init; }

    /// <summary>The status that the failure page will have. Default: 400.</summary>
    public int StatusCode { get; init; } = StatusCodes.Status400BadRequest;

    /// <summary>
    /// What the start of the flow carried; null when the callback's state is missing or cannot be trusted. Default:
    /// null.
    /// </summary>
    public AuthenticationProperties? Properties { get; init; }

    /// <summary>
    /// Where the flow was to end, a local URL; the application's root when the callback's state is missing or cannot be
    /// trusted. Default: <c>/</c>.
    /// </summary>
    public string ReturnUrl { get; init; } = "/";

    /// <summary>
    /// Where the customer can start the same flow again, a local URL; null when that is not known, as after
    /// <c>CreateAirwallexConnectUrlAsync</c>. Default: null.
    /// </summary>
    public string? StartAgainUrl { get; init; }

    /// <summary>
    /// What <see cref="ConnectingContext.Refuse"/> was told; null for the other kinds. Default: null.
    /// </summary>
    public string? Refusal { get; init; }

    /// <summary>
    /// The error code of Airwallex's redirect; null when there was none. Text from outside: encode it before showing
    /// it. Default: null.
    /// </summary>
    public string? Error { get; init; }

    /// <summary>
    /// What Airwallex's redirect said about the error; null when nothing. Text from outside: encode it before showing
    /// it. Default: null.
    /// </summary>
    public string? ErrorDescription { get; init; }

    /// <summary>
    /// What went wrong in the exchange, the store or <see cref="ConnectFlowOptions.OnConnecting"/>; null for the other
    /// kinds. An exception of this library holds no token and no code. Default: null.
    /// </summary>
    public Exception? Exception { get; init; }

    /// <summary>Whether the handler has written the response. Default: false, the failure page follows.</summary>
    public bool IsHandled { get; private set; }

    /// <summary>Says that the response has been written and no failure page is to follow.</summary>
    public void HandleResponse() => IsHandled = true;
}
