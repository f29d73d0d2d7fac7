using System.Globalization;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// What goes wrong with one request. Immutable; put together with <see cref="Then"/>:
/// <c>Fault.Delay(TimeSpan.FromSeconds(2)).Then(Fault.Status(503))</c>.
/// </summary>
public sealed record Fault
{
    private Fault() { }

    internal TimeSpan DelayBefore { get; private init; }
    internal TimeSpan DelayAfter { get; private init; }
    internal bool DropBefore { get; private init; }
    internal bool DropAfter { get; private init; }
    internal int? StatusCode { get; private init; }
    internal bool Processed { get; private init; }
    internal string? BodyText { get; private init; }
    internal string? ContentType { get; private init; }
    internal TimeSpan? RetryAfterDelay { get; private init; }

    /// <summary>The connection breaks before the request is looked at: nothing is rotated, no answer comes.</summary>
    public static Fault DropAnswerBeforeRotating() => new() { DropBefore = true };

    /// <summary>
    /// The request is carried out (the refresh token is rotated), then the connection breaks: the new tokens reach nobody.
    /// </summary>
    public static Fault DropAnswerAfterRotating() => new() { DropAfter = true };

    /// <summary>
    /// The request waits, in flight, before it is looked at. A client that gives up meanwhile has not spent its token.
    /// </summary>
    /// <param name="delay">How long, on the simulator's clock.</param>
    public static Fault Delay(TimeSpan delay) => new() { DelayBefore = NotNegative(delay) };

    /// <summary>
    /// The request is carried out at once, then its answer waits, still in flight. A client that gives up meanwhile has
    /// spent its token.
    /// </summary>
    /// <param name="delay">How long, on the simulator's clock.</param>
    public static Fault DelayAnswer(TimeSpan delay) => new() { DelayAfter = NotNegative(delay) };

    /// <summary>
    /// Answers with this status without carrying the request out (nothing is rotated). To rotate first, see
    /// <see cref="StatusAfterRotating"/>.
    /// </summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="body">The body; null for a short error in Airwallex's form.</param>
    public static Fault Status(int statusCode, string? body = null) => new() { StatusCode = statusCode, BodyText = body };

    /// <summary>Carries the request out (the refresh token is rotated), then answers with this status instead.</summary>
    /// <param name="statusCode">The HTTP status.</param>
    /// <param name="body">The body; null for a short error in Airwallex's form.</param>
    public static Fault StatusAfterRotating(int statusCode, string? body = null) =>
        new() { StatusCode = statusCode, BodyText = body, Processed = true };

    /// <summary>Carries the request out (the refresh token is rotated), then sends this body in place of the real one.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its content type.</param>
    public static Fault Body(string body, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        return new() { BodyText = body, ContentType = contentType };
    }

    /// <summary>Adds a <c>Retry-After</c> header in whole seconds to whatever is answered.</summary>
    /// <param name="delay">The delay to ask for; parts of a second are rounded up.</param>
    public static Fault RetryAfter(TimeSpan delay) => new() { RetryAfterDelay = NotNegative(delay) };

    /// <summary>This fault and then another one: delays add up, for the rest the later one wins.</summary>
    /// <param name="next">The fault to add.</param>
    public Fault Then(Fault next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new Fault
        {
            DelayBefore = DelayBefore + next.DelayBefore,
            DelayAfter = DelayAfter + next.DelayAfter,
            DropBefore = DropBefore || next.DropBefore,
            DropAfter = DropAfter || next.DropAfter,
            StatusCode = next.StatusCode ?? StatusCode,
            Processed = next.StatusCode is null ? Processed : next.Processed,
            BodyText = next.BodyText ?? BodyText,
            ContentType = next.ContentType ?? ContentType,
            RetryAfterDelay = next.RetryAfterDelay ?? RetryAfterDelay,
        };
    }

    /// <summary>The fault in words, as the journal shows it.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (DelayBefore > TimeSpan.Zero) parts.Add($"delay {Seconds(DelayBefore)}");
        if (DropBefore) parts.Add("connection broken before rotating");
        if (StatusCode is { } status) parts.Add(Processed ? $"status {status} after rotating" : $"status {status}");
        else if (BodyText is not null) parts.Add("body replaced");
        if (DelayAfter > TimeSpan.Zero) parts.Add($"answer delayed {Seconds(DelayAfter)}");
        if (DropAfter) parts.Add("connection broken after rotating");
        if (RetryAfterDelay is { } retry) parts.Add($"Retry-After {Seconds(TimeSpan.FromSeconds(Math.Ceiling(retry.TotalSeconds)))}");
        return parts.Count == 0 ? "none" : string.Join(", ", parts);
    }

    private static string Seconds(TimeSpan delay) =>
        delay.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private static TimeSpan NotNegative(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return delay;
    }
}
