namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Text from outside, fit for a log line or a page: no control characters, no more than 300 characters.
/// </summary>
internal static class Printable
{
    private const int MaxLength = 300;

    public static string? From(string? text) => text is null
        ? null
        : string.Concat(text.Take(MaxLength).Select(c => char.IsControl(c) ? ' ' : c));
}
