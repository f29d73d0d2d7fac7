using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Airwallex.OAuth.Conventions.Tests.Code;

public sealed partial class HouseRuleTests
{
    private const int LineLength = 120;
    private static readonly IReadOnlyList<TextFile> Core = Repository.Sources("src/Airwallex.OAuth");

    public static TheoryData<string, string> Forbidden => new()
    {
        { @"\bDateTime(Offset)?\s*\.\s*(Utc)?(Now|Today)\b", "time comes from TimeProvider" },
        { @"\bEnvironment\.TickCount(?!64)|\bStopwatch\b", "time comes from TimeProvider" },
        { @"\bThread\s*\.\s*Sleep\b", "nothing blocks a thread" },
        { @"\bTask\.Delay\((?!\s*Timeout\.Infinite|[^;]*\b_?[tT]ime\b)", "delays run on the TimeProvider" },
        {
            @"\bnew CancellationTokenSource\((?!\)|[^;]*\b(_?[tT]ime|TimeProvider)\b)",
            "time limits run on the TimeProvider"
        },
        { @"\basync void\b", "nobody sees the exception of an async void" },
        { @"\.(Wait|WaitAll|WaitAny)\(\)", "nothing waits synchronously" },
        { @"\bConsole\.", "a library writes to no console" },
        { @"#region", "a file that needs regions is too long" },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void Core_holds_nothing_that_the_house_rules_forbid(string pattern, string why) => Rule.Holds(
        why,
        Core.SelectMany(
            file => Regex.Matches(WithoutComments(file.Text), pattern).Select(match => $"{file}: {match.Value}")));

    [Theory]
    [InlineData(@"\bRandom\b", "Jitter.cs")]
    [InlineData(@"\bGuid\.NewGuid\b", "Jitter.cs")]
    [InlineData(@"\bRandomNumberGenerator\b", "AuthorizationState.cs Pkce.cs")]
    [InlineData(@"\bEnvironment\.TickCount64\b", "GuardedClock.cs")] // Beside the system's own clock alone.
    [InlineData(@"\bTask\.Run\b", "BackgroundTasks.cs KeepAliveService.cs LastValidOptions.cs StartChecks.cs")]
    [InlineData(@"GetAwaiter\(\)\.GetResult\(\)", "AirwallexApplication.cs")] // Dispose, for programs without a host.
    public void Chance_threads_and_waiting_are_in_few_places(string pattern, string places) => Assert.Equal(
        places.Split(' '),
        Core.Where(file => Regex.IsMatch(WithoutComments(file.Text), pattern)).Select(file => file.Name).Order());

    [Fact]
    public void No_source_is_compiled_for_one_framework_alone() => Rule.Holds(
        "net8.0 and net10.0 are built from one source, without #if",
        Repository.Sources("src", "samples", "tests")
            .SelectMany(
                file =>
                    file.Lines.Where(
                        line => Conditional().IsMatch(line.Text)).Select(line => $"{file}:{line.Number}")));

    [Fact]
    public void Lines_of_code_have_at_most_120_characters() => Rule.Holds(
        $"a line has at most {LineLength} characters, as .editorconfig says",
        Repository.Sources("src", "samples", "tests", ".ci")
            .SelectMany(file => file.Lines
                .Where(line => line.Text.Length > LineLength)
                .Select(line => $"{file}:{line.Number} ({line.Text.Length})")));

    [Theory]
    [InlineData("src/Airwallex.OAuth/Refresh", "src/Airwallex.OAuth/KeepAlive")]
    public void Heart_of_the_library_can_be_read_in_half_an_hour(params string[] folders)
    {
        var files = Repository.Sources(folders);

        Rule.Holds(
            "a file has at most 180 lines",
            files.Where(file => Length(file) > 180).Select(file => $"{file}: {Length(file)}"));
        Rule.Holds("a method has at most 40 lines", files.SelectMany(LongMethods));
        Assert.InRange(files.Sum(Length), 1, 1_699);
    }

    private static int Length(TextFile file) => file.Text.TrimEnd('\n').Split('\n').Length;

    private static IEnumerable<string> LongMethods(TextFile file) =>
        from method in CSharpSyntaxTree.ParseText(file.Text).GetRoot().DescendantNodes()
        where method is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax
        let span = method.SyntaxTree.GetLineSpan(method.Span)
        let length = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where length > 40
        select $"{file}:{span.StartLinePosition.Line + 1} has {length} lines";

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\s*#(if|elif|else|endif)\b")]
    private static partial Regex Conditional();
}
