namespace Airwallex.OAuth;

/// <summary>The composition root: how the objects of one application fit together.</summary>
internal sealed class AirwallexApplication
{
}
