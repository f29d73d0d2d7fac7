namespace Airwallex.OAuth.Testing;

/// <summary>
/// The rules of Airwallex that a client can violate. The simulator records each as a <see cref="RuleViolation"/>.
/// </summary>
public enum RuleName
{
    /// <summary>
    /// Two refresh requests of one token family were in flight at once ("Avoid concurrent refresh requests"). The
    /// second got a 429. A request that its client has abandoned does not count, although it gets others the same 429.
    /// </summary>
    ConcurrentRefresh = 0,

    /// <summary>A superseded refresh token was used after its grace period.</summary>
    ReuseOutsideGrace = 1,

    /// <summary>
    /// A living token family was revoked because of such a reuse: the client's fault cost the connection.
    /// </summary>
    FamilyRevoked = 2,

    /// <summary>
    /// A superseded refresh token was sent, inside its grace period, although its successor had already been used. The
    /// response had arrived, so nothing had to be recovered ("Use only the latest refresh token").
    /// </summary>
    StaleTokenReplayed = 3,

    /// <summary>A refresh token was sent again after its client had received <c>invalid_grant</c> for it.</summary>
    RefreshAfterPermanentRefusal = 4,

    /// <summary>An authorization code was exchanged a second time.</summary>
    CodeReused = 5,

    /// <summary>
    /// A code or a refresh token was sent with the credentials of a client that it was not issued to (RFC 6749,
    /// section 5.2).
    /// </summary>
    TokenOfAnotherClient = 6,

    /// <summary>A parameter was missing, unexpected or given twice, or the body was not form-encoded.</summary>
    MalformedRequest = 7,

    /// <summary>An endpoint was called with an HTTP method that it does not have.</summary>
    WrongMethod = 8,
}
