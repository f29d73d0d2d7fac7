namespace Airwallex.OAuth.Testing;

/// <summary>The response of one of the simulator's endpoints, before it is written.</summary>
internal sealed record SimulatedResponse(int StatusCode, string Body = "", string ContentType = "application/json")
{
    public string? Location { get; init; }
    public string? Allow { get; init; }
    public string? RetryAfter { get; init; }

    /// <summary>Begins the body with a UTF-8 byte order mark.</summary>
    public bool HasByteOrderMark { get; init; }

    /// <summary>gzip, deflate or br; null for a body as it is.</summary>
    public string? ContentEncoding { get; init; }

    /// <summary>The connection breaks in the middle of the body.</summary>
    public bool BodyEndsEarly { get; init; }

    /// <summary>The error code, for the journal.</summary>
    public string? Error { get; init; }

    public string? AccountId { get; init; }

    public static SimulatedResponse ApiError(int statusCode, string code, string message) =>
        new(statusCode, $$"""{"code":"{{code}}","message":"{{message}}"}""") { Error = code };

    public static SimulatedResponse Html(int statusCode, string page) =>
        new(statusCode, page, "text/html; charset=utf-8");

    /// <summary>303, so that a browser follows a posted form with a GET.</summary>
    public static SimulatedResponse Redirect(string location) => new(303) { Location = location };
}
