namespace Airwallex.OAuth;

/// <summary>
/// Which Airwallex the application talks to. Each value is a preset of <see cref="AirwallexEndpoints"/>.
/// </summary>
public enum AirwallexEnvironment
{
    /// <summary>
    /// The demo environment: <c>demo.airwallex.com</c> and <c>api-demo.airwallex.com</c>. The default.
    /// </summary>
    Demo = 0,

    /// <summary>
    /// The newer host names of the demo environment: <c>www.sandbox.airwallex.com</c> and
    /// <c>api.sandbox.airwallex.com</c>.
    /// </summary>
    Sandbox = 1,

    /// <summary>Real accounts and real money: <c>airwallex.com</c> and <c>api.airwallex.com</c>.</summary>
    Production = 2,
}
