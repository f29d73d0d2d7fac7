using System.Text.Json;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>An event that Airwallex sent and signed. Immutable.</summary>
public sealed class WebhookEvent
{
    /// <summary>The event's id; the same when it is delivered again.</summary>
    public required string Id { get; init; }

    /// <summary>What happened, such as <c>payment_intent.succeeded</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The account it happened to; null when the event names none.</summary>
    public string? AccountId { get; init; }

    /// <summary>When it happened; null when the event does not say. Events may arrive in any order.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>The whole event as sent, <c>data</c> included.</summary>
    public required JsonElement Json { get; init; }
}
