namespace Airwallex.OAuth;

/// <summary>stub</summary>
public sealed class AirwallexConnections
{
    /// <summary>Exchanges the code and saves the connection. Connecting again replaces the tokens and makes it Active.</summary>
    public Task<AirwallexConnection> ConnectAsync(string code, Uri? redirectUri = null, string? codeVerifier = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>A fresh access token.</summary>
    public ValueTask<string> GetAccessTokenAsync(string accountId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Forces a refresh, or joins the one in flight.</summary>
    public Task<AirwallexConnection> RefreshAsync(string accountId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Ends the connection on our side: deletes what is held.</summary>
    public Task DisconnectAsync(string accountId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Marks the connection Disconnected since Airwallex says so (webhook); false when there is none stored.</summary>
    public Task<bool> MarkDisconnectedAsync(string accountId, string reason, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The stored connection or null.</summary>
    public ValueTask<AirwallexConnection?> FindAsync(string accountId, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Streams connections.</summary>
    public IAsyncEnumerable<AirwallexConnection> ListAsync(ConnectionFilter? filter = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
