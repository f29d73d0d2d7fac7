using System.Text.RegularExpressions;

namespace Airwallex.OAuth.Conventions.Tests.Pages;

public sealed partial class LinkTests
{
    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        var broken =
            from page in Repository.Pages()
            from Match link in Link().Matches(WithoutCode(page.Text))
            let target = link.Groups[1].Value
            where !target.Contains("://", StringComparison.Ordinal) && !LeadsSomewhere(page, target)
            select $"{page}: {target}";

        Rule.Holds("no file or heading is there", broken);
    }

    private static bool LeadsSomewhere(TextFile page, string target)
    {
        var parts = target.Split('#');
        var path = parts[0].Length == 0 ? page.Path : Path.Combine(page.Folder, parts[0]);
        var file = Path.Combine(Repository.Root, path);
        return parts.Length == 1
            ? File.Exists(file) || Directory.Exists(file)
            : File.Exists(file) && Headings(File.ReadAllText(file)).Contains(parts[1]);
    }

    // As the sites that show Markdown make them.
    private static IEnumerable<string> Headings(string text) => Heading().Matches(WithoutCode(text))
        .Select(match => NotInAnchors().Replace(match.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static string WithoutCode(string text) => Code().Replace(text, "");

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();
}
