using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Extensions;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Where a customer may be sent after the flow: a path of this site, however a browser or a proxy reads it.
/// </summary>
internal static class LocalUrl
{
    public const int MaxLength = 1024;

    /// <summary>
    /// Whether <paramref name="url"/> is local; if so, gives it in a form that fits into a Location header.
    /// </summary>
    public static bool TryEncode(string? url, [NotNullWhen(true)] out string? encoded)
    {
        encoded = null;
        // No normalising: resolving the dots of "/.//evil.example" would make another site of it.
        if (!IsLocal(url) || !Uri.TryCreate(url, UriKind.Relative, out var relative))
        {
            return false;
        }

        var candidate = UriHelper.Encode(relative);
        if (!IsLocal(candidate) || candidate.Length > MaxLength)
        {
            return false;
        }

        encoded = candidate;
        return true;
    }

    // Browsers read "//", "/\", and both with tabs or line ends in between, as the start of another host; some proxies
    // unescape %2F and %5C first.
    private static bool IsLocal([NotNullWhen(true)] string? url) =>
        url is ['/', ..]
        && !url.Contains('\\', StringComparison.Ordinal)
        && !url.Any(char.IsControl)
        && !StartsWithSlash(url.AsSpan(1));

    private static bool StartsWithSlash(ReadOnlySpan<char> path) =>
        path is ['/', ..]
        || path.StartsWith("%2f", StringComparison.OrdinalIgnoreCase)
        || path.StartsWith("%5c", StringComparison.OrdinalIgnoreCase);
}
