namespace Airwallex.OAuth.Testing;

/// <summary>What one of the simulator's endpoints answers.</summary>
internal sealed record HttpAnswer(int StatusCode, string Body = "", string ContentType = "application/json")
{
    public string? Location { get; init; }
    public string? Allow { get; init; }
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The error code, for the journal.</summary>
    public string? Error { get; init; }

    public string? AccountId { get; init; }

    public static HttpAnswer ApiError(int statusCode, string code, string message) =>
        new(statusCode, $$"""{"code":"{{code}}","message":"{{message}}"}""") { Error = code };

    public static HttpAnswer Html(int statusCode, string page) => new(statusCode, page, "text/html; charset=utf-8");

    /// <summary>303, so that a browser follows a posted form with a GET.</summary>
    public static HttpAnswer Redirect(string location) => new(303) { Location = location };
}
