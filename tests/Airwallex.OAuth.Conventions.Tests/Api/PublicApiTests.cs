using System.Reflection;
using PublicApiGenerator;

namespace Airwallex.OAuth.Conventions.Tests.Api;

/// <summary>
/// The public surface of each package, as it was agreed on: a change of it shows in the diff of a text file.
/// </summary>
public sealed class PublicApiTests
{
    private const string UpdateSwitch = "UPDATE_PUBLIC_API";

    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        // By default it leaves out what is in a namespace of Microsoft: our extension methods.
        DenyNamespacePrefixes = [],
        UseDenyNamespacePrefixesForExtensionMethods = false,
    };

    [Theory]
    [MemberData(nameof(Packages.Names), MemberType = typeof(Packages))]
    public void Public_api_is_the_one_in_the_text_file(string package)
    {
        var file = Path.Combine(Repository.Root, "tests/Airwallex.OAuth.Conventions.Tests/Api", package + ".txt");
        var actual = Assembly.Load(package).GeneratePublicApi(Options).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable(UpdateSwitch) == "1")
        {
            File.WriteAllText(file, actual);
        }

        var agreed = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        var (before, after) = (agreed.Split('\n'), actual.Split('\n'));
        Assert.True(agreed == actual, $"""
            The public API of {package} has changed. When that is meant, update the file and commit it with the change:
              {UpdateSwitch}=1 dotnet test tests/Airwallex.OAuth.Conventions.Tests --filter PublicApiTests
            Gone:
            {string.Join('\n', before.Except(after))}
            New:
            {string.Join('\n', after.Except(before))}
            """);
    }
}
