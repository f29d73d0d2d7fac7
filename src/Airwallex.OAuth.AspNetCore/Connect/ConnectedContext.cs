using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>A customer has connected an Airwallex account: what <see cref="ConnectFlowOptions.OnConnected"/> is told.</summary>
public sealed class ConnectedContext
{
    internal ConnectedContext(HttpContext httpContext, AirwallexConnection connection, ClaimsPrincipal user, AuthenticationProperties properties, string returnUrl)
    {
        HttpContext = httpContext;
        Connection = connection;
        User = user;
        Properties = properties;
        ReturnUrl = returnUrl;
    }

    /// <summary>The callback request.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>The connection, as saved.</summary>
    public AirwallexConnection Connection { get; }

    /// <summary>Whom the application's own default scheme has signed in; without any identity when nobody is. The flow changes nothing about it.</summary>
    public ClaimsPrincipal User { get; }

    /// <summary>What the challenge that started the flow carried in its <see cref="AuthenticationProperties.Items"/>.</summary>
    public AuthenticationProperties Properties { get; }

    /// <summary>Where the customer is sent next; local unless changed here.</summary>
    public string ReturnUrl { get; set; }

    internal bool Handled { get; private set; }

    /// <summary>Says that the response has been written and no redirect is to follow.</summary>
    public void HandleResponse() => Handled = true;
}
