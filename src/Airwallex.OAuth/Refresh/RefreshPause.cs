using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// The pause of an account after a failed refresh: a failing endpoint is not hammered. Callers inside it get the last error at once.
/// </summary>
internal sealed record RefreshPause(int Failures, DateTimeOffset Until, AirwallexOAuthException LastError, AirwallexOAuthOptions Options)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static RefreshPause After(RefreshPause? before, AirwallexOAuthException error, AirwallexOAuthOptions options, RefreshRuntime runtime)
    {
        var failures = (before?.Failures ?? 0) + 1;
        var length = runtime.Backoff(Shortest, failures - 1, MayHaveRotated(error) ? options.GracePeriod / 6 : Longest);
        if (error is TokenRequestException { RetryAfter: { } asked } && asked > length)
        {
            length = asked < Longest ? asked : Longest;
        }

        return new RefreshPause(failures, runtime.Now + length, error, options);
    }

    // When Airwallex may have rotated and the answer was lost, a long pause would sit out the grace period and cost the connection.
    private static bool MayHaveRotated(AirwallexOAuthException error) =>
        error is TokenRequestException { NothingSent: false, StatusCode: null or < HttpStatusCode.BadRequest };

    /// <summary>Over when the time has come, or when the configuration has changed, which may be what was wrong.</summary>
    public bool IsOver(DateTimeOffset now, AirwallexOAuthOptions current) => now >= Until || !ReferenceEquals(current, Options);

    public AirwallexOAuthException ToException(string accountId, DateTimeOffset now)
    {
        var message = $"The tokens of account {accountId} could not be refreshed a moment ago, and the next try is not before {Until:O}. The last error was: {LastError.Message}";
        return LastError is TokenRequestException last
            ? new TokenRequestException(message, last)
            {
                StatusCode = last.StatusCode,
                Error = last.Error,
                ErrorDescription = last.ErrorDescription,
                TraceId = last.TraceId,
                IsTransient = last.IsTransient,
                RetryAfter = Until - now,
            }
            : new AirwallexOAuthException(message, LastError);
    }
}
