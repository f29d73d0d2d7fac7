namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>Tests that no other runs beside: they run against the clock.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;
