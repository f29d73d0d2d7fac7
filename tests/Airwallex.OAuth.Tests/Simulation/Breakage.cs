namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Deliberate breakages of the refresh, each of which the simulation must notice.</summary>
public enum Breakage
{
    None,
    TokenReadBeforeTheGate,
    SavedAfterHandingOut,
    LeaseIgnored,
    LeaseWithoutMargin,
    LeaseNotRenewed,
    RenewedAfterLosingIt,
    UnknownRenewalTakenForLost,
    FirstSentAtReset,
    AttemptNotStoredFirst,
    CallersCancellationReachesTheRefresh,
    SwapIsOverwrite,
    LosersRefusalEnds,
    ResponseDroppedOnLostSwap,
    ResponseDroppedForOddField,
    SaveWaitsForLease,
    EarlierAuthorizationSaves,
    GraceIgnored,
    NoFinalStart,
    WaitCutAt8Seconds,
    CutWhileStoreDoesNotRespond,
    LaterErrorClearsDoubt,
    LastSendWithoutObservation,
    FailedLookObserves,
    RecoveryWaitsForLease,
    UnconditionalDelete,
    AnotherClientsRefusalEnds,
}
