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

    public static IReadOnlyList<MetadataReference> References { get; } =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetExtension(path) == ".dll")
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles a program of one file. Returns what a reader who pastes it would see in red or yellow.</summary>
    public static IReadOnlyList<Diagnostic> Compile(string program)
    {
        var trees = new[] { program, ImplicitUsings }.Select(text => CSharpSyntaxTree.ParseText(text));
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        return
        [
            .. CSharpCompilation.Create("Pasted", trees, References, options).GetDiagnostics()
                .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning && !diagnostic.IsSuppressed),
        ];
    }
}
