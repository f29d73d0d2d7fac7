namespace Airwallex.OAuth.Testing;

/// <summary>
/// One call of <c>UseAirwallexSimulator</c>. Without a name, it is about every application that no other names.
/// </summary>
internal sealed record SimulatedApplication(AirwallexSimulator Simulator, string? Name, SimulatedClient? Client);
