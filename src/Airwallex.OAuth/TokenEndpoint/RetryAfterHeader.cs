using System.Globalization;

namespace Airwallex.OAuth;

/// <summary>How long a server asks to wait (RFC 9110, section 10.2.3).</summary>
internal static class RetryAfterHeader
{
    /// <summary>
    /// More than this is not meant: an account must not stay without tokens for weeks because of one header.
    /// </summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>
    /// Reads seconds, or a date, which counts from the response's own date: our clock never meets theirs, unless they
    /// sent none. Never negative; null when the header is missing, cannot be read, or names a time that is over.
    /// </summary>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider time)
    {
        if (!response.Headers.NonValidated.TryGetValues("Retry-After", out var values)
            || values.FirstOrDefault() is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return seconds >= 0 ? TimeSpan.FromSeconds(Math.Min(seconds, Longest.TotalSeconds)) : null;
        }

        if (response.Headers.RetryAfter?.Date is not { } date)
        {
            return null;
        }

        var wait = date - (response.Headers.Date ?? time.GetUtcNow());
        return wait <= TimeSpan.Zero ? null : wait < Longest ? wait : Longest;
    }
}
