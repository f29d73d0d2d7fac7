using System.Text.RegularExpressions;

namespace Airwallex.OAuth.Conventions.Tests.Code;

/// <summary>One language for all: the field's words, in present-day English.</summary>
public sealed partial class WordTests
{
    public static TheoryData<string, string> Words => new()
    {
        { @"answers?|answered|answering", "response, respond" },
        { @"notes?|noted", "attempt; for the verb: store, record" },
        { @"(?<!in[ -]|single[ -])flights?", "operation" },
        { @"refused (access )?tokens?", "rejected access token, or used refresh token" },
        { @"spent", "used" },
        { @"stands", "is stored, is" },
        { @"sighted|sightings?", "observed, observation" },
        { @"in passing", "transient" },
        { @"lest", "so that … not" },
        { @"whoever", "who" },
        { @"for ?ever", "always, for good" },
        { @"to be had|be it|dearer|surely", "say it plainly" },
        { @"(?<!there )(is|are|was|were) no (?!longer\b|more\b)\w+", "is not a" },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void Sources_and_pages_use_the_words_of_the_field(string words, string instead)
    {
        var pattern = new Regex($@"\b({words})\b", RegexOptions.IgnoreCase);
        Rule.Holds($"better: {instead}", Repository.Sources("src", "samples").Concat(Repository.Pages())
            .SelectMany(file => file.Lines
                .Where(line => pattern.IsMatch(WordsOf(line.Text)))
                .Select(line => $"{file}:{line.Number}  {line.Text.Trim()}")));
    }

    /// <summary>Splits identifiers into their words.</summary>
    private static string WordsOf(string line) => Hump().Replace(line, " ").Replace('_', ' ');

    [GeneratedRegex(@"(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex Hump();
}
