namespace Airwallex.OAuth.AspNetCore;

/// <summary>What the connect flow remembers between requests, in this process.</summary>
internal sealed class ConnectFlowMemory
{
    /// <summary>
    /// True once MapAirwallexOAuth has run: the callback then belongs to its endpoint, behind the application's authorization and rate
    /// limits, and no longer to UseAuthentication, which runs before them.
    /// </summary>
    public bool CallbackIsMapped { get; set; }

    /// <summary>
    /// The states that came back. The browser is told to forget its cookie, but a copy of the request may still hold it. Other
    /// instances do not see this; there, Airwallex refuses the code, which is good for one use (RFC 6749, section 4.1.2).
    /// </summary>
    public RecentIds UsedStates { get; } = new(capacity: 10_000);
}
