namespace Airwallex.OAuth;

/// <summary>
/// Something about a connection or a token went wrong. The message says what happened, to which account, and what to
/// do; it never holds a token, a code or a secret. By itself, without a derived type: the token store fails, the
/// configuration does not fit, or a request was meant for a host that no token may go to.
/// </summary>
public class AirwallexOAuthException : Exception
{
    /// <summary>Creates the exception.</summary>
    public AirwallexOAuthException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }

    /// <summary>The account concerned; null when none is known.</summary>
    public string? AccountId { get; init; }

    /// <summary>
    /// True when the same call may succeed later: the token endpoint or the token store fails, or a refresh takes long.
    /// False when something must be corrected first. Default: false.
    /// </summary>
    public bool IsTransient { get; init; }

    /// <summary>How long to wait before the next try; null when nothing is known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
