using System.Text.Json;

namespace Airwallex.OAuth.Packages.Tests;

/// <summary>A program of its own, outside of the repository, that takes the library from the feed.</summary>
internal sealed class PackedProgram
{
    private readonly string _directory;

    /// <param name="feed">Where the library's packages are.</param>
    /// <param name="framework">Such as net8.0.</param>
    /// <param name="packages">The packages that it references, each as "id version".</param>
    /// <param name="source">Its Program.cs.</param>
    /// <param name="sdk">Its SDK.</param>
    public PackedProgram(
        LocalFeed feed, string framework, string[] packages, string source = "", string sdk = "Microsoft.NET.Sdk")
    {
        _directory = feed.Root.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        var references = packages.Select(package => package.Split(' ')).Select(
            package => $"""<PackageReference Include="{package[0]}" Version="{package[1]}" />""");
        File.WriteAllText(Path.Combine(_directory, "Program.csproj"),
            $"""
            <Project Sdk="{sdk}">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>{framework}</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <UseAppHost>false</UseAppHost>
                <RollForward>Major</RollForward>
                <RestoreAdditionalProjectSources>{feed.Feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{feed.Restored}</RestorePackagesPath>
                <RestoreFallbackFolders>{UserPackages}</RestoreFallbackFolders>
                <WarningsNotAsErrors>NU1900;NU1905</WarningsNotAsErrors>
                <NoWarn>NU1900;NU1905</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                {string.Join(Environment.NewLine, references)}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(_directory, "Program.cs"), source);
    }

    private static string UserPackages => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Restores it, without a warning, and tells the packages that it then has, with their versions.</summary>
    public async Task<SortedDictionary<string, string>> RestoreAsync()
    {
        await Dotnet.RunAsync(_directory, "restore");
        using var assets = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_directory, "obj", "project.assets.json")));
        var packages = assets.RootElement.GetProperty("libraries").EnumerateObject()
            .Select(library => library.Name.Split('/'))
            .ToDictionary(library => library[0], library => library[1]);
        return new SortedDictionary<string, string>(packages, StringComparer.Ordinal);
    }

    public Task BuildAsync() => Dotnet.RunAsync(_directory, "build");

    public Task<string> RunAsync() => Dotnet.RunAsync(_directory, "run", "--no-build");
}
