using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Airwallex.OAuth.Conventions.Tests.Code;

/// <summary>Compiles text against everything that this project references.</summary>
internal static class Compiler
{
    /// <summary>What a new web project has without saying so.</summary>
    public const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        """;

    // A build unifies the versions of referenced assemblies without a word. A block need not use all that it takes for
    // granted.
    private static readonly Dictionary<string, ReportDiagnostic> Tolerated = new()
    {
        ["CS1701"] = ReportDiagnostic.Suppress,
        ["CS1702"] = ReportDiagnostic.Suppress,
        ["CS0219"] = ReportDiagnostic.Suppress,
        ["CS8321"] = ReportDiagnostic.Suppress,
    };

    /// <summary>What a page takes for granted need not be used by each of its blocks.</summary>
    private const string UnusedVariable = "CS0219";

    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetExtension(path) == ".dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>
    /// Compiles one file, a program or types alone. Returns what a reader who pastes it would see in red or yellow.
    /// </summary>
    public static IReadOnlyList<Diagnostic> Compile(string program)
    {
        var trees = new[] { program, ImplicitUsings }.Select(
            text => (CSharpSyntaxTree)CSharpSyntaxTree.ParseText(text)).ToArray();
        var isProgram = trees[0].GetCompilationUnitRoot().Members.Any(SyntaxKind.GlobalStatement);
        var options = new CSharpCompilationOptions(
            isProgram ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary,
            nullableContextOptions: NullableContextOptions.Enable,
            specificDiagnosticOptions: Tolerated);
        return
        [
            .. CSharpCompilation.Create("Pasted", trees, References, options).GetDiagnostics()
                .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning && !diagnostic.IsSuppressed
                    && diagnostic.Id != UnusedVariable),
        ];
    }
}
