using System.Globalization;
using System.Text;

namespace Airwallex.OAuth;

/// <summary>
/// Hides the secrets of a request in text that comes from elsewhere: as they are, percent-encoded, form-encoded,
/// escaped for JSON or HTML, and in Base64, also within a longer text. Thread-safe.
/// </summary>
internal sealed class SecretMask(string? clientSecret, string grant, string? codeVerifier)
{
    private const string Hidden = "***";

    // By the character they begin with. Made when the first failure needs them; most requests have none.
    private readonly Lazy<ILookup<char, SecretPattern>> _patterns =
        new(() => CreatePatterns([clientSecret ?? "", grant, codeVerifier ?? ""]));

    /// <summary>
    /// The text without secrets, and without characters that would let a server write lines of its own into our logs;
    /// at most so many characters. Null when nothing is left.
    /// </summary>
    public string? Clean(string? text, int longest = 300)
    {
        var clean = new StringBuilder();
        for (var at = 0; at < text?.Length && clean.Length < longest;)
        {
            if (Match(text.AsSpan(at)) is > 0 and var length)
            {
                clean.Append(Hidden);
                at += length;
            }
            else
            {
                Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var consumed);
                clean.Append(IsPrintable(rune) ? rune.ToString() : " ");
                at += consumed;
            }
        }

        // A character of two halves is cut before, not between them.
        clean.Length = clean.Length <= longest ? clean.Length
            : char.IsLowSurrogate(clean[longest]) ? longest - 1 : longest;
        var result = clean.ToString().Trim();
        return result.Length == 0 ? null : result;
    }

    /// <summary>The message of an exception without secrets; its type when it has no message.</summary>
    public string CleanMessage(Exception exception)
    {
        try
        {
            return Clean(exception.Message) ?? exception.GetType().Name;
        }
        catch (Exception)
        {
            return exception.GetType().Name; // Exceptions are other people's code too.
        }
    }

    /// <summary>The exception, or null when its text holds a secret: handlers are other people's code.</summary>
    public Exception? Filter(Exception? exception)
    {
        try
        {
            var text = exception?.ToString() ?? "";
            return Enumerable.Range(0, text.Length).Any(at => Match(text.AsSpan(at)) > 0) ? null : exception;
        }
        catch (Exception)
        {
            return null; // Its own ToString fails.
        }
    }

    private int Match(ReadOnlySpan<char> text)
    {
        var longest = 0;
        foreach (var pattern in _patterns.Value[text[0]])
        {
            longest = Math.Max(longest, pattern.Match(text));
        }

        return longest;
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);

    private static ILookup<char, SecretPattern> CreatePatterns(IEnumerable<string> secrets) => secrets
        .SelectMany(secret => Base64Forms(secret).Concat(Base64Forms(Uri.EscapeDataString(secret))).Append(secret))
        .Where(form => form.Length > 0)
        .Distinct(StringComparer.Ordinal)
        .Select(form => new SecretPattern(form))
        .SelectMany(pattern => pattern.Starts, (pattern, start) => (pattern, start))
        .ToLookup(pair => pair.start, pair => pair.pattern);

    /// <summary>
    /// The secret in Base64, alone or somewhere in a longer text such as <c>id:secret</c>: there are three ways in
    /// which it can lie, and the characters that belong to it alone are the same in each longer text.
    /// </summary>
    private static IEnumerable<string> Base64Forms(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        for (var before = 0; before < 3 && bytes.Length > 6; before++)
        {
            var all = Convert.ToBase64String([.. new byte[before], .. bytes]);
            var first = (before * 8 + 5) / 6;
            var end = (before + bytes.Length) * 8 / 6;
            string[] forms = before == 0 ? [all, all.TrimEnd('='), all[..end]] : [all[first..end]];
            foreach (var form in forms)
            {
                yield return form;
                yield return form.Replace('+', '-').Replace('/', '_');
            }
        }
    }
}
