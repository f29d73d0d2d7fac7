namespace Airwallex.OAuth.Conventions.Tests;

/// <summary>
/// The files of the repository that the rules are about. Paths are relative to its root, with forward slashes.
/// </summary>
internal static class Repository
{
    private static readonly string[] Generated = ["/bin/", "/obj/", "/Migrations/", "/artifacts/"];

    // Not by the compiler's idea of this file's path, which a deterministic build maps away.
    public static string Root { get; } = FindRoot();

    /// <summary>The C# files below a folder, those that a tool wrote left out.</summary>
    public static IReadOnlyList<TextFile> Sources(params string[] folders) => Find("*.cs", folders);

    /// <summary>Every page that a reader may open: READMEs, docs, and what .github says to contributors.</summary>
    public static IReadOnlyList<TextFile> Pages() =>
        [.. Find("*.md", "src", "samples", "tests", ".github"), Read("README.md")];

    public static TextFile Read(string path) => new(path, File.ReadAllText(Path.Combine(Root, path)));

    private static List<TextFile> Find(string pattern, params string[] folders) =>
    [
        .. folders
            .Select(folder => Path.Combine(Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !Generated.Any(('/' + path).Contains))
            .Order(StringComparer.Ordinal)
            .Select(Read),
    ];

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

/// <summary>A file of the repository as text with line feeds only.</summary>
internal sealed record TextFile(string Path, string Text)
{
    public string Text { get; } = Text.ReplaceLineEndings("\n");

    public string Name => System.IO.Path.GetFileName(Path);

    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

    public IEnumerable<(int Number, string Text)> Lines => Text.Split('\n').Select((line, index) => (index + 1, line));

    public override string ToString() => Path;
}
