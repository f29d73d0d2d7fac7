using System.Globalization;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// What goes wrong with one request. Immutable; put together with <see cref="Then"/>:
/// <c>Fault.Delay(TimeSpan.FromSeconds(2)).Then(Fault.Status(503))</c>. Delays run on the simulator's clock.
/// </summary>
public sealed partial record Fault
{
    private Fault() { }

    internal TimeSpan DelayBefore { get; private init; }
    internal TimeSpan DelayAfter { get; private init; }
    internal bool FinishesWhenAbandoned { get; private init; }
    internal bool DropBefore { get; private init; }
    internal bool DropAfter { get; private init; }
    internal int? StatusCode { get; private init; }
    internal bool Processed { get; private init; }
    internal TimeSpan? RetryAfterDelay { get; private init; }
    internal bool RetryAfterIsDate { get; private init; }

    /// <summary>The connection breaks before the request is looked at: nothing is rotated, no response comes.</summary>
    public static Fault DropResponseBeforeRotating() => new() { DropBefore = true };

    /// <summary>
    /// The request is carried out (the refresh token is rotated), then the connection breaks: nobody gets the new
    /// tokens.
    /// </summary>
    public static Fault DropResponseAfterRotating() => new() { DropAfter = true };

    /// <summary>
    /// The request waits, in flight, before it is looked at: slow, and rotating last. A client that gives up meanwhile
    /// has not used its token, unless <see cref="FinishWhenAbandoned"/> is added.
    /// </summary>
    /// <param name="delay">How long, on the simulator's clock.</param>
    public static Fault Delay(TimeSpan delay) => new() { DelayBefore = NotNegative(delay) };

    /// <summary>
    /// The request is carried out at once, then its response waits, still in flight: slow, and rotating first. A client
    /// that gives up meanwhile has used its token.
    /// </summary>
    /// <param name="delay">How long, on the simulator's clock.</param>
    public static Fault DelayResponse(TimeSpan delay) => new() { DelayAfter = NotNegative(delay) };

    /// <summary>
    /// The server does not notice that the client is gone, as behind a gateway: a request that a delay holds is carried
    /// out when the delay is over. Until then another refresh of the same token gets a 429, "Concurrent token refresh
    /// is not allowed."
    /// </summary>
    public static Fault FinishWhenAbandoned() => new() { FinishesWhenAbandoned = true };

    /// <summary>
    /// Responds with this status without carrying the request out (nothing is rotated). To rotate first, see
    /// <see cref="StatusAfterRotating"/>.
    /// </summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="body">The body; null for a short error in Airwallex's form.</param>
    public static Fault Status(int statusCode, string? body = null) =>
        new() { StatusCode = statusCode, BodyText = body };

    /// <summary>
    /// Carries the request out (the refresh token is rotated), then responds with this status instead.
    /// </summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="body">The body; null for a short error in Airwallex's form.</param>
    public static Fault StatusAfterRotating(int statusCode, string? body = null) =>
        new() { StatusCode = statusCode, BodyText = body, Processed = true };

    /// <summary>Adds a <c>Retry-After</c> header in whole seconds to the response, whatever its status.</summary>
    /// <param name="delay">The delay to ask for; parts of a second are rounded up.</param>
    public static Fault RetryAfter(TimeSpan delay) =>
        new() { RetryAfterDelay = TimeSpan.FromSeconds(Math.Ceiling(NotNegative(delay).TotalSeconds)) };

    /// <summary>Adds a <c>Retry-After</c> header with a date to the response, by the simulator's clock.</summary>
    /// <param name="delay">How far the date is ahead when the response is sent; parts of a second are cut.</param>
    public static Fault RetryAfterDate(TimeSpan delay) =>
        new() { RetryAfterDelay = NotNegative(delay), RetryAfterIsDate = true };

    /// <summary>
    /// This fault and then another one. Delays and changes of fields add up; of the rest the later one wins.
    /// </summary>
    /// <param name="next">The fault to add.</param>
    public Fault Then(Fault next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new Fault
        {
            DelayBefore = DelayBefore + next.DelayBefore,
            DelayAfter = DelayAfter + next.DelayAfter,
            FinishesWhenAbandoned = FinishesWhenAbandoned || next.FinishesWhenAbandoned,
            DropBefore = DropBefore || next.DropBefore,
            DropAfter = DropAfter || next.DropAfter,
            StatusCode = next.StatusCode ?? StatusCode,
            Processed = next.StatusCode is null ? Processed : next.Processed,
            RetryAfterDelay = next.RetryAfterDelay ?? RetryAfterDelay,
            RetryAfterIsDate = next.RetryAfterDelay is null ? RetryAfterIsDate : next.RetryAfterIsDate,
            BodyText = next.BodyText ?? BodyText,
            BodyContentType = next.BodyContentType ?? BodyContentType,
            FieldChanges = [.. FieldChanges, .. next.FieldChanges],
            HasByteOrderMark = HasByteOrderMark || next.HasByteOrderMark,
            ContentEncoding = next.ContentEncoding ?? ContentEncoding,
            BodyEndsEarly = BodyEndsEarly || next.BodyEndsEarly,
        };
    }

    /// <summary>The fault in words, as the journal shows it.</summary>
    public override string ToString()
    {
        (bool IsSet, string Text)[] parts =
        [
            (DelayBefore > TimeSpan.Zero, $"delay {Seconds(DelayBefore)}"),
            (DropBefore, "connection broken before rotating"),
            (StatusCode is not null, $"status {StatusCode}{(Processed ? " after rotating" : "")}"),
            (StatusCode is null && BodyText is not null, "body replaced"),
            .. FieldChanges.Select(change => (true, change.ToString())),
            (BodyContentType is not null, $"content type {BodyContentType}"),
            (HasByteOrderMark, "byte order mark"),
            (ContentEncoding is not null, $"compressed with {ContentEncoding}"),
            (BodyEndsEarly, "body ends early"),
            (DelayAfter > TimeSpan.Zero, $"response delayed {Seconds(DelayAfter)}"),
            (FinishesWhenAbandoned, "finished when abandoned"),
            (DropAfter, "connection broken after rotating"),
            (
                RetryAfterDelay is not null,
                $"Retry-After {Seconds(RetryAfterDelay ?? default)}{(RetryAfterIsDate ? " as a date" : "")}"),
        ];
        var words = string.Join(", ", parts.Where(part => part.IsSet).Select(part => part.Text));
        return words.Length == 0 ? "none" : words;
    }

    private static string Seconds(TimeSpan delay) =>
        delay.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private static TimeSpan NotNegative(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return delay;
    }
}
