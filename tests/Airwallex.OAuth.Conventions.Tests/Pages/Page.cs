using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airwallex.OAuth.Conventions.Tests.Pages;

/// <summary>
/// The C# of a page, block by block, each as a program that can be compiled. What a block takes for granted, such as a
/// <c>builder</c>, is said in a comment that readers of the page do not see. Its statements hold for all blocks below
/// it, until the next such comment; its usings and types hold for the whole page, as do those of the blocks:
/// <code>
/// &lt;!-- csharp
/// var builder = WebApplication.CreateBuilder(args);
/// --&gt;
/// </code>
/// <c>&lt;!-- csharp alone --&gt;</c> means that the blocks below it take nothing for granted: a reader can paste
/// each as it is.
/// </summary>
internal sealed partial class Page
{
    private readonly List<Part> _parts = [];

    public Page(TextFile file)
    {
        var context = new Part(0, "", IsAlone: false, Context: null);
        foreach (Match match in Commented().Matches(file.Text))
        {
            if (match.Groups["code"] is { Success: true, Value: var code })
            {
                var line = file.Text[..match.Index].Count('\n'.Equals) + 1;
                _parts.Add(new Part(line, code, context.IsAlone, context));
            }
            else
            {
                context = new Part(0, match.Groups["context"].Value, match.Groups["alone"].Success, Context: null);
                _parts.Add(context);
            }
        }
    }

    /// <summary>The programs, each with the line of the page at which its block begins.</summary>
    public IEnumerable<(int Line, string Program)> Programs() =>
        _parts.Where(part => part.Context is not null).Select(
            block => (block.Line, block.IsAlone ? block.Code : Combine(block)));

    private string Combine(Part block)
    {
        Part[] all = [block, .. _parts.Where(part => part != block)];
        var usings = all.SelectMany(part => part.Syntax.Usings).Select(directive => directive + "\n").Distinct();
        var types = all.SelectMany(part => part.Syntax.Members.Where(IsType)).DistinctBy(NameOf);
        // A block of types alone takes no statements for granted.
        var statements = block.Statements.Length == 0 ? "" : block.Context!.Statements + block.Statements;
        return string.Concat(usings) + statements
            + string.Concat(types.Select(type => type.ToFullString() + "\n"));
    }

    private static bool IsType(MemberDeclarationSyntax member) =>
        member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax;

    private static string NameOf(MemberDeclarationSyntax type) =>
        type is BaseTypeDeclarationSyntax { Identifier.Text: var name }
            ? name
            : ((DelegateDeclarationSyntax)type).Identifier.Text;

    [GeneratedRegex(
        @"^<!-- csharp(?<alone> alone)?(?<context>.*?)-->|^```csharp\n(?<code>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Commented();

    /// <summary>A block, or a comment for blocks; a block has the comment that holds for it.</summary>
    private sealed record Part(int Line, string Code, bool IsAlone, Part? Context)
    {
        public CompilationUnitSyntax Syntax { get; } = (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(Code + "\n")
            .GetRoot();

        public string Statements => string.Concat(
            Syntax.Members.Where(member => !IsType(member)).Select(member => member.ToFullString() + "\n"));
    }
}
