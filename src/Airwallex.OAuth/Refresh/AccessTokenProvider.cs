namespace Airwallex.OAuth;

/// <summary>Access tokens for callers: at once while fresh, after a refresh when not; and others for rejected ones. Thread-safe.</summary>
internal sealed class AccessTokenProvider
{
    /// <summary>
    /// The hot path: one lookup, one clock read, no lock, no store, no allocation. Null when the caller must wait for a refresh.
    /// </summary>
    public CachedAccessToken? FindFresh(string accountId) => throw new NotImplementedException();

    /// <summary>Waits for a fresh token; while there is none, one that is still valid will do.</summary>
    public Task<CachedAccessToken> WaitForFreshAsync(string accountId, CancellationToken cancellationToken) =>
        throw new NotImplementedException();

    /// <summary>Another token than the one that the API rejected; null when a refresh would not help.</summary>
    public Task<CachedAccessToken?> ReplaceRejectedAsync(string accountId, string? rejected, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
