using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>What becomes of a delivery.</summary>
/// <param name="Name">For the metric.</param>
/// <param name="StatusCode">The status of the response; everything but 200 makes Airwallex deliver again.</param>
/// <param name="Fault">What is logged; null when that is logged elsewhere, or nothing is wrong.</param>
internal sealed record WebhookOutcome(string Name, int StatusCode, string? Fault = null)
{
    public static readonly WebhookOutcome Accepted = new("accepted", StatusCodes.Status200OK);

    public static readonly WebhookOutcome NoSecret = new(
        "no_secret",
        StatusCodes.Status503ServiceUnavailable,
        "no secret is configured to check it with; set Airwallex:Webhooks:Secrets");

    public static readonly WebhookOutcome Unsigned = new(
        "unsigned", StatusCodes.Status400BadRequest, "x-timestamp or x-signature is missing");

    public static readonly WebhookOutcome WrongSignature = new(
        "wrong_signature", StatusCodes.Status401Unauthorized, "the signature was made with none of the configured " +
            "secrets");

    public static readonly WebhookOutcome TooOld = new(
        "too_old", StatusCodes.Status401Unauthorized, "x-timestamp is not an instant in milliseconds, or is further " +
            "from our clock than MaxAge");

    public static readonly WebhookOutcome TooLarge = new(
        "too_large", StatusCodes.Status413PayloadTooLarge, "the body is larger than 256 KiB");

    public static readonly WebhookOutcome Malformed = new(
        "malformed", StatusCodes.Status400BadRequest, "the body is not a JSON object with an id and a name");

    public static readonly WebhookOutcome HandlerFailed = new(
        "handler_failed", StatusCodes.Status503ServiceUnavailable);

    public static readonly WebhookOutcome NotStored = new(
        "not_stored", StatusCodes.Status503ServiceUnavailable, "the disconnection that it reports could not be stored");
}
