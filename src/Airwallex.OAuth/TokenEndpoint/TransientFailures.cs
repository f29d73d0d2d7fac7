using System.Net;
using Polly;
using Polly.Extensions.Http;

namespace Airwallex.OAuth;

/// <summary>
/// What is transient, as Polly.Extensions.Http says (408, 500 and above, a connection that could not be made or
/// broke), and beside it 425, 429 and every exception: whatever a handler throws, the connected account has no part
/// in it.
/// </summary>
/// <remarks>Retrying is the caller's, on its own clock and under its lease; so the policy retries zero times.</remarks>
internal static class TransientFailures
{
    // RFC 8470; the enumeration does not name it.
    private const HttpStatusCode TooEarly = (HttpStatusCode)425;

    private static readonly AsyncPolicy<HttpResponseMessage> Policy = HttpPolicyExtensions.HandleTransientHttpError()
        .OrResult(static response => response.StatusCode is HttpStatusCode.TooManyRequests or TooEarly)
        .Or<Exception>()
        .RetryAsync(0);

    /// <summary>
    /// Sends once. A transient response is a failure with its result; an exception is a failure with none.
    /// </summary>
    public static Task<PolicyResult<HttpResponseMessage>> CaptureAsync(Func<Task<HttpResponseMessage>> send) =>
        Policy.ExecuteAndCaptureAsync(send);
}
