namespace Airwallex.OAuth.Tests.Conventions;

/// <summary>The source files of the library.</summary>
internal static class Source
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<(string Path, string Text)> Files { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "src", "Airwallex.OAuth"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(path => (path, File.ReadAllText(path))),
    ];

    // Not by the compiler's idea of this file's path, which a deterministic build maps away.
    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Airwallex.OAuth.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("These tests read the sources: run them inside the repository.");
    }
}
