using System.Reflection;

namespace Airwallex.OAuth.Packages.Tests;

/// <summary>The packages as they are published, in a folder that programs restore them from.</summary>
public sealed class LocalFeed : IAsyncLifetime
{
    /// <summary>A version that no other run has, because NuGet keeps what it has restored.</summary>
    public string Version { get; } = $"1.0.0-test.{Guid.NewGuid():N}";

    internal DirectoryInfo Root { get; } = Directory.CreateTempSubdirectory("airwallex-oauth-packages-");

    internal string Feed => Path.Combine(Root.FullName, "feed");

    /// <summary>What NuGet restores for the programs goes here, and is gone with the test.</summary>
    internal string Restored => Path.Combine(Root.FullName, "restored");

    private static string Repository
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(directory.FullName, "Airwallex.OAuth.sln")))
            {
                directory = directory.Parent!;
            }

            return directory.FullName;
        }
    }

    public async Task InitializeAsync()
    {
        var configuration = typeof(
            LocalFeed).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        string[] projects = ["Airwallex.OAuth", "Airwallex.OAuth.AspNetCore", "Airwallex.OAuth.EntityFrameworkCore"];
        foreach (var project in projects)
        {
            await Dotnet.RunAsync(
                Repository, "pack", $"src/{project}", "--no-build", "-c", configuration, "-o", Feed,
                "-p:MinVerSkip=true", $"-p:Version={Version}", "-p:EnablePackageValidation=false");
        }
    }

    public Task DisposeAsync()
    {
        Root.Delete(recursive: true);
        return Task.CompletedTask;
    }
}
