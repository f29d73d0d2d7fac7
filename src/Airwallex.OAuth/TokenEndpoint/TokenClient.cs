namespace Airwallex.OAuth;

/// <summary>stub</summary>
public sealed class TokenClient
{
    /// <summary>stub</summary>
    public Task<TokenSet> ExchangeCodeAsync(string code, Uri? redirectUri = null, string? codeVerifier = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>stub</summary>
    public Task<TokenSet> RefreshAsync(string refreshToken, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
