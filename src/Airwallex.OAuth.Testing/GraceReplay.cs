namespace Airwallex.OAuth.Testing;

/// <summary>
/// What the simulator answers to a superseded refresh token inside the grace period. Airwallex says only that it can be
/// used "to request new access and refresh tokens".
/// </summary>
public enum GraceReplay
{
    /// <summary>
    /// Another pair. The refresh token that was current until then is superseded in turn, with a grace period of its own
    /// from now on. The default, and the harder case for a client: only the pair issued last lives on.
    /// </summary>
    NewPair = 0,

    /// <summary>The refresh token that was issued the first time, again.</summary>
    SamePair,
}
