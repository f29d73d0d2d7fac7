namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>Tests that no other runs beside: they run on the real clock.</summary>
[CollectionDefinition(nameof(AloneOnTheMachine), DisableParallelization = true)]
public sealed class AloneOnTheMachine;
