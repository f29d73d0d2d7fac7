using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// A customer has connected an Airwallex account: what <see cref="ConnectFlowOptions.OnConnected"/> is told. Not
/// thread-safe.
/// </summary>
public sealed class ConnectedContext
{
    /// <summary>The callback request.</summary>
    public required HttpContext HttpContext { get; init; }

    /// <summary>The connection, as saved.</summary>
    public required AirwallexConnection Connection { get; init; }

    /// <summary>
    /// The user who connected; see <see cref="ConnectingContext.User"/>. The flow changes nothing about the sign-in.
    /// </summary>
    public required ClaimsPrincipal User { get; init; }

    /// <summary>What the start of the flow put into <see cref="AuthenticationProperties.Items"/>.</summary>
    public required AuthenticationProperties Properties { get; init; }

    /// <summary>Where the customer is sent next. Default: where the start of the flow said, a local URL.</summary>
    public required string ReturnUrl { get; set; }

    /// <summary>
    /// Whether the handler has written the response. Default: false, the customer is sent to <see cref="ReturnUrl"/>.
    /// </summary>
    public bool IsHandled { get; private set; }

    /// <summary>
    /// Says that the response has been written and no redirect is to follow. A callback that is repeated is sent to
    /// <see cref="ReturnUrl"/> all the same.
    /// </summary>
    public void HandleResponse() => IsHandled = true;
}
