namespace Airwallex.OAuth;

/// <summary>
/// What happens to a connection whose refresh token may have been spent, the answer lost, and the grace period over,
/// because every instance was down or no answer got through.
/// </summary>
public enum GraceExceededBehavior
{
    /// <summary>
    /// Send the refresh token once more. If the lost request reached Airwallex, the connection is lost either way; if it never
    /// arrived, this saves it. The default.
    /// </summary>
    Attempt = 0,

    /// <summary>
    /// Ask the customer to authorize again rather than risk that Airwallex sees a superseded refresh token. Applies to lost answers only:
    /// after a server error that did arrive, the refresh token is sent again.
    /// </summary>
    RequireReauthorization = 1,
}
