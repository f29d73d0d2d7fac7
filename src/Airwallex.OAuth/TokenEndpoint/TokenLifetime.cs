using System.Globalization;
using System.Text.Json;

namespace Airwallex.OAuth;

/// <summary>How long a token lives, as far as a response says it in a way that makes sense.</summary>
internal static class TokenLifetime
{
    /// <summary>
    /// What an access token is given when neither the response, nor a JWT, nor an earlier response says more.
    /// </summary>
    public static readonly TimeSpan ShortDefault = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(365 * 100);

    /// <summary>Null for what is not a lifetime: zero, less, more than a hundred years, or not a number.</summary>
    public static TimeSpan? From(double seconds) =>
        seconds > 0 && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Reads a JSON number, or a text that holds one.</summary>
    public static TimeSpan? From(JsonMember? member) =>
        member is { Type: JsonTokenType.Number or JsonTokenType.String }
        && double.TryParse(member.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            ? From(seconds)
            : null;

    /// <summary>The lifetime that earlier tokens had; null when it is unknown or not positive.</summary>
    public static TimeSpan? Between(DateTimeOffset? issuedAt, DateTimeOffset? expiresAt) =>
        expiresAt - issuedAt is { } lifetime && lifetime > TimeSpan.Zero ? lifetime : null;

    /// <summary>The end of a lifetime; a clock near the end of time does not overflow.</summary>
    public static DateTimeOffset End(DateTimeOffset start, TimeSpan lifetime) =>
        DateTimeOffset.MaxValue - start > lifetime ? start + lifetime : DateTimeOffset.MaxValue;
}
