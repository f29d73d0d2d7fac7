namespace ConnectPortal.Pages;

/// <summary>A button of the trouble panel.</summary>
/// <param name="Key">What the form sends.</param>
/// <param name="Label">What the button says.</param>
/// <param name="Effect">What it does.</param>
/// <param name="IsWayOut">Whether it ends trouble.</param>
public sealed record TroubleAction(string Key, string Label, string Effect, bool IsWayOut = false);
