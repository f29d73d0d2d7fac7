using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// The token endpoint refused a request, could not be reached, or sent a response that cannot be used.
/// </summary>
/// <remarks>
/// Errors are read in RFC 6749's form (section 5.2) and in Airwallex's own (<c>code</c>, <c>message</c>).
/// </remarks>
public sealed class TokenRequestException : AirwallexOAuthException
{
    /// <summary>Creates the exception.</summary>
    public TokenRequestException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>The status of the response; null when none arrived.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The error code, such as <c>invalid_grant</c>; null when the response named none.</summary>
    public string? Error { get; init; }

    /// <summary>
    /// What the response said about the error, cleaned of control characters and of every secret of the request; null
    /// when nothing.
    /// </summary>
    public string? ErrorDescription { get; init; }

    /// <summary>Airwallex's trace id, to quote to its support; null when the response had none.</summary>
    public string? TraceId { get; init; }

    /// <summary>
    /// True when the body was never asked for, so that the request definitely did not leave this process.
    /// </summary>
    internal bool RequestNotSent { get; init; }

    /// <summary>True for 429: another refresh of this token is in flight, or the rate limit is reached.</summary>
    internal bool IsTooManyRequests => StatusCode == HttpStatusCode.TooManyRequests;

    /// <summary>True when the refresh token or code is refused for good (RFC 6749, section 5.2).</summary>
    internal bool IsInvalidGrant => Error == "invalid_grant" && (int?)StatusCode is >= 400 and < 500 && !IsTransient;

    /// <summary>True for a decision not to rotate: a 4xx. 408 and 425 are transient, but decided nothing.</summary>
    internal bool IsDecision =>
        (int?)StatusCode is >= 400 and < 500 and not 408 and not 425;
}
