using System.Net;

namespace Airwallex.OAuth;

/// <summary>
/// Whether Airwallex refuses the client id or secret of this application (RFC 6749, section 5.2: invalid_client). A
/// fault of our configuration, which every account feels, so that the latest response to any account counts.
/// Thread-safe.
/// </summary>
internal sealed class ClientCredentialsMonitor(TimeProvider time)
{
    private volatile Refusal? _refusal;

    /// <summary>A token request ended.</summary>
    /// <param name="clientId">The client id that was sent.</param>
    /// <param name="clientSecret">The secret that was sent.</param>
    /// <param name="failure">Null on success.</param>
    public void Report(string clientId, string clientSecret, TokenRequestException? failure)
    {
        if (failure is not null && IsRefusal(failure))
        {
            _refusal = new Refusal(clientId, clientSecret, failure, time.GetUtcNow());
        }
        else if (failure is null or { IsDecision: true, IsTooManyRequests: false })
        {
            // Any other decision shows that the client was accepted first.
            _refusal = null;
        }
    }

    /// <summary>
    /// The latest refusal of these credentials; null when there is none, or when others were refused.
    /// </summary>
    /// <param name="clientId">The client id of the present options.</param>
    /// <param name="clientSecret">The secret of the present options.</param>
    public Refusal? Find(string clientId, string clientSecret) =>
        _refusal is { } latest && (latest.ClientId, latest.ClientSecret) == (clientId, clientSecret) ? latest : null;

    /// <summary>The credentials are being asked about again: the next time is a minute later.</summary>
    public void Asked(DateTimeOffset now)
    {
        if (_refusal is { } latest)
        {
            var asked = new Refusal(latest.ClientId, latest.ClientSecret, latest.Failure, now);
            Interlocked.CompareExchange(ref _refusal, asked, latest);
        }
    }

    /// <summary>Forgets the refusal: nothing is left that could be asked again.</summary>
    public void Forget() => _refusal = null;

    public static bool IsRefusal(TokenRequestException failure) =>
        failure is { Error: "invalid_client" or "unauthorized_client" } or { StatusCode: HttpStatusCode.Unauthorized };

    /// <summary>Credentials that were refused, and when. Not a record: its text would show the secret.</summary>
    internal sealed class Refusal(
        string clientId, string clientSecret, TokenRequestException failure, DateTimeOffset at)
    {
        public string ClientId { get; } = clientId;

        public string ClientSecret { get; } = clientSecret;

        public TokenRequestException Failure { get; } = failure;

        public DateTimeOffset At { get; } = at;
    }
}
