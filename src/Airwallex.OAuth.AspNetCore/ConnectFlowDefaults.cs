namespace Airwallex.OAuth.AspNetCore;

/// <summary>The fixed names of the connect flow.</summary>
public static class ConnectFlowDefaults
{
    /// <summary>
    /// The authentication scheme that starts the flow of the application without a name: <c>Results.Challenge(new
    /// ConnectProperties { … }, ["Airwallex"])</c>. It signs nobody in and is never a default scheme. For a named
    /// application, see <see cref="SchemeFor"/>.
    /// </summary>
    public const string AuthenticationScheme = "Airwallex";

    /// <summary>
    /// The authentication scheme of an application: <c>Airwallex</c>, or <c>Airwallex:eu</c> for the name <c>eu</c>.
    /// </summary>
    /// <param name="applicationName">
    /// The name that was given to <c>AddAirwallexOAuth</c>. Empty: the application without a name.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="applicationName"/> is null.</exception>
    public static string SchemeFor(string applicationName)
    {
        ArgumentNullException.ThrowIfNull(applicationName);
        return applicationName.Length == 0 ? AuthenticationScheme : $"{AuthenticationScheme}:{applicationName}";
    }

    internal static string ApplicationOf(string scheme) =>
        scheme.Length == AuthenticationScheme.Length ? "" : scheme[(AuthenticationScheme.Length + 1)..];
}
