namespace Airwallex.OAuth.Testing;

/// <summary>
/// What a customer's second consent does to the token family of the first, for the same account and client. Airwallex
/// does not say, so a client should be tested with each.
/// </summary>
public enum SecondConsent
{
    /// <summary>Nothing: both token families can be used. The default.</summary>
    KeepsFirst = 0,

    /// <summary>The first token family is revoked at the moment of the consent, before the code is exchanged.</summary>
    RevokesFirst = 1,

    /// <summary>
    /// The first token family is revoked when a token of the second is used for the first time, by a refresh or by an
    /// API call.
    /// </summary>
    RevokesFirstAtFirstUse = 2,
}
