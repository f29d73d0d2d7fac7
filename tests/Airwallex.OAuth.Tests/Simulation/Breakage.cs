namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Deliberate breakages of the refresh, each of which the simulation must notice.</summary>
public enum Breakage
{
    None,
    TokenReadBeforeTheGate,
    LeaseIgnored,
    FirstSentAtReset,
    SwapIsOverwrite,
    LosersRefusalEnds,
    ResponseDroppedOnLostSwap,
    ResponseDroppedForOddField,
    SaveWaitsForLease,
    EarlierAuthorizationSaves,
    GraceIgnored,
    NoFinalStart,
    WaitCutAt8Seconds,
    LastSendWithoutObservation,
    FailedLookObserves,
    UnconditionalDelete,
    AttemptNotStoredFirst,
    SavedAfterHandingOut,
    LeaseNotRenewed,
    LeaseWithoutMargin,
    RenewedAfterLosingIt,
    UnknownRenewalTakenForLost,
    RecoveryWaitsForLease,
    CutWhileStoreDoesNotRespond,
    CallersCancellationCutsTheSend,
    LaterErrorClearsDoubt,
    RowsSharedByClients,
}
