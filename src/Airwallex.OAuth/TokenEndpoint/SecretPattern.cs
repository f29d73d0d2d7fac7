using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// One secret with every form that each of its characters may have in a text. Which characters an encoder leaves
/// alone differs from encoder to encoder, so each may be in another form. Thread-safe.
/// </summary>
internal sealed class SecretPattern(string secret)
{
    private readonly string[]?[] _asciiForms = new string[128][];

    /// <summary>The characters with which it may begin: most places in a text are not the start of a secret.</summary>
    public IEnumerable<char> Starts => FormsOf(secret.EnumerateRunes().First()).SelectMany(BothCases).Distinct();

    /// <summary>How many characters at the start of a text are the secret; zero when it is not there.</summary>
    public int Match(ReadOnlySpan<char> text)
    {
        // Several ends, because a percent sign may be itself or the start of an encoded one.
        List<int> ends = [0];
        foreach (var rune in secret.EnumerateRunes())
        {
            var next = new List<int>();
            foreach (var end in ends)
            {
                foreach (var form in FormsOf(rune))
                {
                    if (StartsWith(text[end..], form) && !next.Contains(end + form.Length))
                    {
                        next.Add(end + form.Length);
                    }
                }
            }

            if (next.Count == 0)
            {
                return 0;
            }

            ends = next;
        }

        return ends.Max();
    }

    private static char[] BothCases(string form) => [char.ToUpperInvariant(form[0]), char.ToLowerInvariant(form[0])];

    // Hexadecimal digits come in both cases; a secret in another case is hidden too.
    private static bool StartsWith(ReadOnlySpan<char> text, string form) =>
        text.StartsWith(form, StringComparison.OrdinalIgnoreCase);

    private string[] FormsOf(Rune rune) =>
        rune.IsAscii ? _asciiForms[rune.Value] ??= CreateForms(rune) : CreateForms(rune);

    private static string[] CreateForms(Rune rune)
    {
        var raw = rune.ToString();
        var percent = string.Concat(Encoding.UTF8.GetBytes(raw).Select(octet => $"%{octet:X2}"));
        return
        [
            raw, percent, percent.Replace("%", "%25", StringComparison.Ordinal),
            string.Concat(raw.Select(unit => $"\\u{(int)unit:x4}")),
            $"&#{rune.Value};", $"&#x{rune.Value:x};",
            .. raw switch
            {
                " " => ["+"],
                "/" => ["\\/"],
                "\\" => ["\\\\"],
                "\"" => ["\\\"", "&quot;"],
                "'" => ["&apos;"],
                "&" => ["&amp;"],
                "<" => ["&lt;"],
                ">" => ["&gt;"],
                _ => Array.Empty<string>(),
            },
        ];
    }
}
