using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>A customer has come back without a connection: what <see cref="ConnectFlowOptions.OnFailed"/> is told.</summary>
public sealed class ConnectFailedContext
{
    internal ConnectFailedContext(HttpContext httpContext, ConnectFailureKind kind, int statusCode)
    {
        HttpContext = httpContext;
        Kind = kind;
        StatusCode = statusCode;
    }

    /// <summary>The callback request.</summary>
    public HttpContext HttpContext { get; }

    /// <summary>Why.</summary>
    public ConnectFailureKind Kind { get; }

    /// <summary>The status that the failure page will have.</summary>
    public int StatusCode { get; }

    /// <summary>What the challenge that started the flow carried; null when the callback's state is missing or cannot be trusted.</summary>
    public AuthenticationProperties? Properties { get; internal init; }

    /// <summary>Where the flow was to end, a local URL; <c>/</c> when the callback's state is missing or cannot be trusted.</summary>
    public string ReturnUrl { get; internal init; } = "/";

    /// <summary>The error code of Airwallex's redirect; null when there was none. Text from outside: encode it before showing it.</summary>
    public string? Error { get; internal init; }

    /// <summary>What Airwallex's redirect said about the error; null when nothing. Text from outside: encode it before showing it.</summary>
    public string? ErrorDescription { get; internal init; }

    /// <summary>What went wrong in the exchange or the store; null for the other kinds. Holds no token and no code.</summary>
    public Exception? Exception { get; internal init; }

    internal bool Handled { get; private set; }

    /// <summary>Says that the response has been written and no failure page is to follow.</summary>
    public void HandleResponse() => Handled = true;
}
