namespace Airwallex.OAuth.AspNetCore;

/// <summary>The fixed names of the connect flow.</summary>
public static class ConnectFlowDefaults
{
    /// <summary>
    /// The authentication scheme that starts the flow: <c>Results.Challenge(new ConnectProperties { … }, ["Airwallex"])</c>. It signs
    /// nobody in and is never a default scheme.
    /// </summary>
    public const string AuthenticationScheme = "Airwallex";
}
