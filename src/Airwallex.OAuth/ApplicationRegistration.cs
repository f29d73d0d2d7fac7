using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>One call of <c>AddAirwallexOAuth</c>: the name of an application, and of its two HTTP clients.</summary>
internal sealed record ApplicationRegistration(string Name)
{
    // Typed clients are named after their class alone, so a name with dots is nobody else's by accident.
    private const string Prefix = "Airwallex.OAuth.";

    public string TokenClientName { get; } = NameOf("TokenClient", Name);

    public string ApiClientName { get; } = NameOf("ApiClient", Name);

    /// <summary>How the application is called in messages.</summary>
    public static string Describe(string name) =>
        name == Options.DefaultName ? "the application without a name" : $"the application '{name}'";

    /// <summary>Names and paths are both strings; a path is never taken for a name.</summary>
    public static void CheckName(string name, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name, parameter);
        if (name[0] == '/')
        {
            throw new ArgumentException(
                $"'{name}' begins with '/', as a path does. The name of an application is a key such as \"eu\"; " +
                "a path is the prefix of its endpoints, which MapAirwallexOAuth takes.", parameter);
        }

        if (char.IsWhiteSpace(name[0]) || char.IsWhiteSpace(name[^1]) || name.Any(char.IsControl))
        {
            throw new ArgumentException(
                "The name of an application has no control characters, and no white space at an end.", parameter);
        }
    }

    private static string NameOf(string client, string name) =>
        name == Options.DefaultName ? Prefix + client : $"{Prefix}{client}.{name}";
}
