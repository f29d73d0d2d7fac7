namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What kind of bad luck a run has; one kind a run, so that losses can be told by kind.</summary>
internal enum Trouble
{
    /// <summary>A bit of each, all at once.</summary>
    Everything,

    /// <summary>Requests and responses are lost one by one, errors, instances that crash now and then.</summary>
    BadNetwork,

    /// <summary>For minutes, every response takes 9 to 50 s.</summary>
    Brownout,

    /// <summary>For 5 to 50 s, every response is lost.</summary>
    Outage,

    /// <summary>For minutes, an instance lives 1 to 5 s.</summary>
    CrashStorm,

    /// <summary>The store is down, hangs, takes 4 s, or fails after it wrote; renewals above all.</summary>
    Store,

    /// <summary>One instance alone cannot reach the store.</summary>
    CutOff,

    /// <summary>Wrong client ids, missing keys, odd responses, Retry-After of minutes.</summary>
    Configuration,

    /// <summary>Customers connect again, disconnect, revoke; imports, reactivations, reports true and false.</summary>
    Customers,

    /// <summary>Hundreds of accounts lose a response in the same moment.</summary>
    Flood,
}
