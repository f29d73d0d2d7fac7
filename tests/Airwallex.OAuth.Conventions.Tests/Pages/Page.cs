using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airwallex.OAuth.Conventions.Tests.Pages;

/// <summary>
/// The C# of a page, block by block, each as a program that can be compiled. What a block takes for granted, such as a <c>builder</c>, is
/// said in a comment that readers of the page do not see; it holds for all blocks below it, until the next one:
/// <code>
/// &lt;!-- csharp
/// var builder = WebApplication.CreateBuilder(args);
/// --&gt;
/// </code>
/// A block also sees the types that other blocks of its page declare. <c>&lt;!-- csharp alone --&gt;</c> means that the next blocks take nothing
/// for granted: a reader can paste each as it is.
/// </summary>
internal sealed partial class Page
{
    private readonly List<(int Line, string Context, bool Alone, string Code)> _blocks = [];

    public Page(TextFile file)
    {
        var (context, alone) = ("", false);
        foreach (Match match in Part().Matches(file.Text))
        {
            if (match.Groups["code"] is { Success: true, Value: var code })
            {
                _blocks.Add((file.Text[..match.Index].Count('\n'.Equals) + 1, context, alone, code));
            }
            else
            {
                (context, alone) = (match.Groups["context"].Value, match.Groups["alone"].Success);
            }
        }
    }

    /// <summary>The programs, each with the line of the page at which its block begins.</summary>
    public IEnumerable<(int Line, string Program)> Programs() => _blocks.Select(block =>
        (block.Line, Combine([Parse(block.Context), Parse(block.Code)], block.Alone ? [] : TypesOfOthers(block.Code))));

    private IEnumerable<MemberDeclarationSyntax> TypesOfOthers(string code) =>
        _blocks.Where(block => block.Code != code).SelectMany(block => Parse(block.Code).Members.Where(IsType));

    private static string Combine(CompilationUnitSyntax[] parts, IEnumerable<MemberDeclarationSyntax> others)
    {
        var types = parts.Reverse().SelectMany(part => part.Members.Where(IsType)).Concat(others).DistinctBy(NameOf);
        return string.Concat(parts.SelectMany(part => part.Usings).Select(directive => directive.ToFullString()).Distinct())
            + "\n" + string.Concat(parts.SelectMany(part => part.Members.Where(member => !IsType(member))).Select(member => member.ToFullString()))
            + "\n;\n" + string.Concat(types.Select(type => type.ToFullString() + "\n"));
    }

    private static CompilationUnitSyntax Parse(string code) => (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(code + "\n").GetRoot();

    private static bool IsType(MemberDeclarationSyntax member) => member is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax;

    private static string NameOf(MemberDeclarationSyntax type) =>
        type is BaseTypeDeclarationSyntax { Identifier.Text: var name } ? name : ((DelegateDeclarationSyntax)type).Identifier.Text;

    [GeneratedRegex(
        @"^<!-- csharp(?<alone> alone)?(?<context>.*?)-->|^```csharp\n(?<code>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Part();
}
