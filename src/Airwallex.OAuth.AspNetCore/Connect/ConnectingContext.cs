using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// A customer has authorized, and nothing is saved yet: what <see cref="ConnectFlowOptions.OnConnecting"/> is told. Not
/// thread-safe.
/// </summary>
public sealed class ConnectingContext
{
    /// <summary>The callback request.</summary>
    public required HttpContext HttpContext { get; init; }

    /// <summary>The account that the customer authorized, and its scopes.</summary>
    public required ConnectingAccount Account { get; init; }

    /// <summary>
    /// The user who connects: whom the application has signed in at the callback, or else who was signed in at the
    /// start, with the one claim that identifies this user. Without an authenticated identity when nobody was signed in
    /// at either.
    /// </summary>
    public required ClaimsPrincipal User { get; init; }

    /// <summary>What the start of the flow put into <see cref="AuthenticationProperties.Items"/>.</summary>
    public required AuthenticationProperties Properties { get; init; }

    /// <summary>Cancelled when the time for the handler is over. Default: none.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>
    /// The connection of this account that is stored now and will be replaced; null when there is none.
    /// </summary>
    public AirwallexConnection? Existing => Account.Existing;

    /// <summary>Why the connection is refused; null while it is not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>
    /// Refuses the connection: nothing is saved, and the customer sees the message, with the kind
    /// <see cref="ConnectFailureKind.Refused"/>.
    /// </summary>
    /// <param name="message">
    /// One sentence for the customer, such as "This Airwallex account belongs to another workspace." It is encoded
    /// before it is shown.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="message"/> is null, empty or white space.</exception>
    public void Refuse(string message)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(message);
        Refusal = message;
    }
}
