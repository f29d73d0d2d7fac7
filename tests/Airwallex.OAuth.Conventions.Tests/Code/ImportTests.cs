using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airwallex.OAuth.Conventions.Tests.Code;

/// <summary>
/// Imports of the core run one way. A folder is a stage of the flow and no namespace, so the compiler is asked in which
/// file a name is declared.
/// </summary>
public sealed class ImportTests
{
    private const string Root = "src/Airwallex.OAuth";

    /// <summary>What the files of a folder may use, beside their own folder and what lies at the root.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Authorization"] = [],
        ["TokenEndpoint"] = ["Diagnostics"],
        ["Connections"] = ["TokenEndpoint", "Diagnostics"],
        ["Diagnostics"] = ["Connections", "TokenEndpoint"],
        ["Refresh"] = ["TokenEndpoint", "Connections", "Diagnostics"],
        ["KeepAlive"] = ["Refresh", "TokenEndpoint", "Connections", "Diagnostics"],
        ["Http"] = ["Refresh", "TokenEndpoint", "Connections", "Diagnostics"],
    };

    [Fact]
    public void Imports_run_one_way() => Rule.Holds(
        "what a folder may use",
        Imports()
            .Where(import => Allowed.TryGetValue(import.From, out var allowed)
                && import.To.Length > 0 && import.To != import.From && !allowed.Contains(import.To))
            .Select(import => $"{import.From} → {import.To}: {import.File} uses {import.Name}")
            .Distinct());

    [Fact]
    public void Every_folder_has_its_rule() => Assert.Equal(
        Allowed.Keys.Order(),
        Repository.Sources(Root).Select(file => FolderOf(file.Path)).Where(folder => folder.Length > 0).Distinct()
            .Order());

    [Fact]
    public void No_folder_is_for_odds_and_ends() => Assert.DoesNotContain(
        Repository.Sources("src").SelectMany(file => file.Folder.Split('/')).Distinct(),
        folder => folder is "Helpers" or "Utils" or "Common" or "Misc" or "Shared");

    private static IEnumerable<(string From, string To, string File, string Name)> Imports()
    {
        var trees = Repository.Sources(Root)
            .Select(file => CSharpSyntaxTree.ParseText(file.Text, path: file.Path))
            .Append(CSharpSyntaxTree.ParseText(Compiler.ImplicitUsings));
        var core = CSharpCompilation.Create("Core", trees, Compiler.References);

        return
            from tree in core.SyntaxTrees
            where tree.FilePath.Length > 0
            let model = core.GetSemanticModel(tree)
            from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
            let type = TypeOf(model.GetSymbolInfo(name).Symbol)
            from declaration in type?.DeclaringSyntaxReferences ?? []
            where declaration.SyntaxTree != tree
            select (
                FolderOf(tree.FilePath),
                FolderOf(declaration.SyntaxTree.FilePath),
                Path.GetFileName(tree.FilePath),
                type!.Name);
    }

    private static INamedTypeSymbol? TypeOf(ISymbol? symbol) => symbol switch
    {
        INamedTypeSymbol type => type.OriginalDefinition,
        { ContainingType: { } type } => type.OriginalDefinition,
        _ => null,
    };

    private static string FolderOf(string path) =>
        Path.GetRelativePath(Root, path).Replace('\\', '/').Split('/') is [var folder, _, ..] ? folder : "";
}
