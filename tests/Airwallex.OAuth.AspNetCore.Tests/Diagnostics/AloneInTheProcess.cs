namespace Airwallex.OAuth.AspNetCore.Tests.Diagnostics;

/// <summary>
/// OpenTelemetry collects by the name of a meter, whose instruments every application of the process has.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneInTheProcess
{
    public const string Name = "Alone in the process";
}
