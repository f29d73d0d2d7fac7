using System.Net;

namespace Airwallex.OAuth;

/// <summary>The token endpoint refused a request, could not be reached, or gave an answer that cannot be used.</summary>
/// <remarks>Errors are read in RFC 6749's form (section 5.2) and in Airwallex's own (<c>code</c>, <c>message</c>).</remarks>
public sealed class TokenRequestException : AirwallexOAuthException
{
    /// <summary>Creates the exception.</summary>
    public TokenRequestException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>The status of the answer; null when none arrived.</summary>
    public HttpStatusCode? StatusCode { get; init; }

    /// <summary>The error code, such as <c>invalid_grant</c>; null when the answer named none.</summary>
    public string? Error { get; init; }

    /// <summary>What the answer said about it, cleaned of control characters and of whatever was secret in the request; null when nothing.</summary>
    public string? ErrorDescription { get; init; }

    /// <summary>Airwallex's trace id, to quote to its support; null when the answer had none.</summary>
    public string? TraceId { get; init; }

    /// <summary>True when the same request may succeed later: 408, 429, 500 and above, time-outs, broken connections.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long to wait before the next try: what the answer asked for, or what is left of the account's pause; null when nothing is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>True when the request surely never left this process, so that no token can have been spent by it.</summary>
    internal bool NothingSent { get; init; }

    /// <summary>True for 429 of another refresh in flight, or of the rate limit.</summary>
    internal bool IsTooManyRequests => StatusCode == HttpStatusCode.TooManyRequests;

    /// <summary>True when the refresh token or code is refused for good (RFC 6749, section 5.2).</summary>
    internal bool IsInvalidGrant => Error == "invalid_grant" && !IsTransient;
}
