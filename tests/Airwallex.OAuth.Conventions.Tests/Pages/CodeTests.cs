using Airwallex.OAuth.Conventions.Tests.Code;

namespace Airwallex.OAuth.Conventions.Tests.Pages;

public sealed class CodeTests
{
    public static TheoryData<string> PagesWithCode =>
        [.. Repository.Pages().Where(
            page => page.Text.Contains("```csharp", StringComparison.Ordinal)).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(PagesWithCode))]
    public void Code_of_the_pages_compiles(string page)
    {
        var faults =
            from block in new Page(Repository.Read(page)).Programs()
            let found = Compiler.Compile(block.Program)
            where found.Count > 0
            select $"{page}, the block at line {block.Line}:\n{string.Join('\n', found)}\n\n{block.Program}\n";

        Rule.Holds("code of the pages compiles", faults);
    }
}
