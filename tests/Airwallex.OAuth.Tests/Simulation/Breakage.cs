namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>Deliberate breakages of the refresh protocol, each of which the simulation must notice.</summary>
public enum Breakage
{
    None,
    SendsTheTokenReadBeforeTheLock,
    SavesAfterHandingOut,
    LeaseLongerThanGrace,
    LeaseWithoutMargin,
    LeaseIgnored,
    FirstSentAtResetOnRetry,
    NoNoteBeforeSending,
    CallersCancellationReachesTheRefresh,
    SwapIsOverwrite,
    LosersRefusalEndsTheConnection,
    LostSwapDropsTheAnswer,
    GraceIgnored,
    AttemptsAfterGraceWithoutLookingTwice,
}
