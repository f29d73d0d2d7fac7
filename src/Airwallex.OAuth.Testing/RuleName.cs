namespace Airwallex.OAuth.Testing;

/// <summary>The rules of Airwallex that a client can break. The simulator notes each breach as a <see cref="BrokenRule"/>.</summary>
public enum RuleName
{
    /// <summary>
    /// Two refresh requests of one token family were in flight at once ("Avoid concurrent refresh requests"). The second
    /// was answered with 429.
    /// </summary>
    ConcurrentRefresh,

    /// <summary>A superseded refresh token was used after its grace period.</summary>
    ReuseOutsideGrace,

    /// <summary>A living token family was revoked because of such a reuse: a connection was lost by the client's fault.</summary>
    FamilyRevoked,

    /// <summary>
    /// A superseded refresh token was sent, inside its grace period, although its successor had already been used: its
    /// answer had not been lost, so this was no recovery ("Use only the latest refresh token").
    /// </summary>
    StaleTokenReplayed,

    /// <summary>A refresh token was sent again after an <c>invalid_grant</c> for it had been answered.</summary>
    RefreshAfterPermanentRefusal,

    /// <summary>An authorization code was exchanged a second time.</summary>
    CodeReused,

    /// <summary>A parameter was missing, unexpected or given twice, or the body was not form-encoded.</summary>
    MalformedRequest,

    /// <summary>An endpoint was called with an HTTP method it does not have.</summary>
    WrongMethod,
}
