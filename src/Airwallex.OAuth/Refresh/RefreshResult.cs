namespace Airwallex.OAuth;

/// <summary>How a refresh ended well. Immutable.</summary>
/// <param name="Connection">The connection as stored, or as it is to be stored while the store fails.</param>
/// <param name="Token">Its access token.</param>
/// <param name="SentAt">When the request was sent whose tokens these are, on the monotonic clock; null when another
/// instance sent it.</param>
internal sealed record RefreshResult(ConnectionState Connection, CachedAccessToken Token, long? SentAt);
