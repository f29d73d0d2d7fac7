using ConnectPortal.Simulation;

namespace ConnectPortal.Pages;

/// <summary>The trouble panel: for one account, or what needs none.</summary>
public sealed record TroubleView(SimulatedAirwallex Simulation, string? AccountId);
