namespace Airwallex.OAuth.Testing;

/// <summary>
/// What a superseded refresh token gets inside the grace period. Airwallex says only that it can be used "to request
/// new access and refresh tokens", so a client should be tested with each.
/// </summary>
public enum GraceReplay
{
    /// <summary>
    /// Another pair. The refresh token that was current until then is superseded in turn, with a grace period of its
    /// own from now on. The default.
    /// </summary>
    NewPair = 0,

    /// <summary>The refresh token that was issued the first time, again.</summary>
    SamePair = 1,

    /// <summary>
    /// Another pair. The refresh token that was current until then is superseded without a grace period: its use
    /// revokes the token family. The hardest case for a client, because only the pair issued last can be used.
    /// </summary>
    NewPairWithoutGrace = 2,
}
