using System.Runtime.ExceptionServices;
using Polly;
using Polly.Extensions.Http;

namespace Airwallex.OAuth;

/// <summary>
/// What is transient, as Polly.Extensions.Http says: 408, 500 and above, and a connection that could not be made or broke;
/// beside these a time-out and a body that broke off. The repetition itself is the caller's, on its own clock.
/// </summary>
internal static class TransientFailures
{
    private static readonly AsyncPolicy<HttpResponseMessage> Judge =
        HttpPolicyExtensions.HandleTransientHttpError().Or<IOException>().Or<TimeoutException>().RetryAsync(0);

    /// <summary>Sends once. Transient exceptions come back as a value; every other is thrown.</summary>
    public static async Task<Outcome> CaptureAsync(Func<Task<HttpResponseMessage>> send)
    {
        var result = await Judge.ExecuteAndCaptureAsync(send).ConfigureAwait(false);
        switch (result.FaultType)
        {
            case null:
                return new Outcome(result.Result, null, IsTransient: false);
            case FaultType.ResultHandledByThisPolicy:
                return new Outcome(result.FinalHandledResult, null, IsTransient: true);
            case FaultType.ExceptionHandledByThisPolicy:
                return new Outcome(null, result.FinalException, IsTransient: true);
            default:
                ExceptionDispatchInfo.Throw(result.FinalException);
                throw result.FinalException;
        }
    }

    internal readonly record struct Outcome(HttpResponseMessage? Response, Exception? Exception, bool IsTransient);
}
