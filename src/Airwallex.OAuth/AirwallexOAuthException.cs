namespace Airwallex.OAuth;

/// <summary>
/// Something about a connection or a token went wrong. The message says what happened, to which account, and what to do;
/// it never holds a token, a code or a secret.
/// </summary>
public class AirwallexOAuthException : Exception
{
    /// <summary>Creates the exception.</summary>
    public AirwallexOAuthException(string message) : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    public AirwallexOAuthException(string message, Exception? innerException) : base(message, innerException)
    {
    }
}
