namespace Airwallex.OAuth.Testing;

/// <summary>The form in which the simulator's token endpoint writes an error.</summary>
public enum TokenErrorFormat
{
    /// <summary><c>{"error": …, "error_description": …}</c> as in RFC 6749, section 5.2. The default.</summary>
    OAuth = 0,

    /// <summary><c>{"code": …, "message": …}</c>, the form of Airwallex's own API.</summary>
    Airwallex,
}
