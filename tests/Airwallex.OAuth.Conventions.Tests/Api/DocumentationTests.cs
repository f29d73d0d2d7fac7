using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Airwallex.OAuth.Conventions.Tests.Api;

/// <summary>
/// The compiler asks that every public member is documented (CS1591); these rules ask what the documentation says.
/// </summary>
public sealed partial class DocumentationTests
{
    public static TheoryData<string> Names => Packages.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_option_says_its_default_or_that_it_is_required(string package)
    {
        Rule.Holds("\"Default: …\" or \"Required\"", Members(package)
            .Where(member => OptionName().IsMatch(member.Name) && IsSettable(package, member.Name))
            .Where(member => !Default().IsMatch(member.Text))
            .Select(member => member.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_cancellation_token_says_what_it_cancels(string package)
    {
        var silent =
            from member in Members(package)
            from parameter in member.Element.Elements("param")
            where (string?)parameter.Attribute("name") == "cancellationToken" && IsPublic(package, member.Name)
            where !Cancels().IsMatch(parameter.Value.Trim())
            select $"{member.Name}: {parameter.Value}";

        Rule.Holds("Cancels …; …", silent);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_asynchronous_public_method_says_what_its_cancellation_token_does(string package)
    {
        var documented = Members(package).ToDictionary(
            member => member.Name.Split('(')[0], member => member.Element.ToString());
        var silent =
            from type in Assembly.Load(package).GetExportedTypes()
            from method in type.GetMethods(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
            where !method.IsSpecialName && method.GetParameters().Any(
                parameter => parameter.ParameterType == typeof(CancellationToken))
            let name = $"M:{type.FullName}.{method.Name}"
            where !documented.Any(member => member.Key.Split('`')[0] == name
                && (member.Value.Contains("name=\"cancellationToken\"", StringComparison.Ordinal)
                    || member.Value.Contains("inheritdoc", StringComparison.Ordinal)))
            select name;

        Rule.Holds("Cancels …; …", silent);
    }

    private static IEnumerable<(string Name, string Text, XElement Element)> Members(string package) =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, package + ".xml")).Descendants("member")
            .DistinctBy(member => ((string)member.Attribute("name")!).Split('(')[0])
            .Select(member => ((string)member.Attribute("name")!, member.Value, member));

    private static bool IsPublic(string package, string name)
    {
        var path = name[2..].Split('(')[0];
        return Assembly.Load(package).GetType(path[..path.LastIndexOf('.')]) is { IsPublic: true };
    }

    private static bool IsSettable(string package, string name)
    {
        var path = name[2..];
        var type = Assembly.Load(package).GetType(path[..path.LastIndexOf('.')]);
        return type is { IsPublic: true } && type
            .GetProperty(path[(path.LastIndexOf('.') + 1)..]) is { CanWrite: true };
    }

    [GeneratedRegex(@"^P:.*Options\.\w+$")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"\bDefault:\s|\bRequired\b")]
    private static partial Regex Default();

    [GeneratedRegex(@"^(Cancels|Canceled when|Ends|Stops|Starts nothing more)\b")]
    private static partial Regex Cancels();
}
