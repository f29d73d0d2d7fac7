namespace Airwallex.OAuth;

/// <summary>
/// An error, in RFC 6749's form (<c>error</c>, <c>error_description</c>; section 5.2) or in Airwallex's own
/// (<c>code</c>, <c>message</c>, <c>trace_id</c>), without secrets and control characters.
/// </summary>
internal readonly record struct ErrorResponse(string? Error, string? Description, string? TraceId)
{
    // Decisions depend on them, so they are taken as they are, even if a short secret occurs in one.
    private static readonly string[] KnownErrors = ["invalid_grant", "invalid_client", "too_many_requests"];

    /// <summary>For messages: a blank, and in brackets what is known; empty when nothing is.</summary>
    public string InBrackets => (Error, Description) switch
    {
        (null, null) => "",
        (null, var text) => $" ({text})",
        (var code, null) => $" ({code})",
        var (code, text) => $" ({code}: {text})",
    };

    public static bool IsError(JsonMembers json) => Find(json, "error") is not null || Find(json, "code") is not null;

    public static ErrorResponse Read(JsonMembers json, SecretMask mask)
    {
        var error = Find(json, "error") ?? Find(json, "code");
        return new ErrorResponse(
            Array.Find(KnownErrors, known => known == error?.Trim()) ?? mask.Clean(error),
            mask.Clean(Find(json, "error_description") ?? Find(json, "message")),
            mask.Clean(Find(json, "trace_id")));
    }

    private static string? Find(JsonMembers json, string name) => json.Find(name, static member => member.IsText)?.Text;
}
