namespace Airwallex.OAuth;

/// <summary>
/// What changes a connection beside its refresh: import, reactivate, disconnect, a report of a disconnection.
/// Thread-safe.
/// </summary>
internal sealed class ConnectionChanges(AirwallexApplication application)
{
    private DateTimeOffset Now => application.Time.GetUtcNow();

    private ConnectionKey KeyOf(string accountId) =>
        new() { AccountId = accountId, ClientId = application.Options.ClientId };

    /// <summary>A connection that a consent has just made, under an authorization of its own.</summary>
    public ConnectionState NewConnection(TokenSet tokens, AirwallexOAuthOptions options) => new()
    {
        Key = new ConnectionKey { AccountId = tokens.AccountId, ClientId = options.ClientId },
        Version = "",
        AuthorizationId = application.Jitter.NewId(),
        ConnectedAt = Now,
        StatusChangedAt = Now,
        TokenEndpoint = AirwallexEndpoints.For(options).TokenEndpoint.AbsoluteUri,
        Tokens = tokens,
        RenewAt = RenewalSchedule.RenewAt(tokens, options.KeepAlive),
    };

    /// <summary>Puts the access token of a connection that was made anew into use.</summary>
    public void Publish(ConnectionState stored, AirwallexOAuthOptions options)
    {
        var entry = application.Current.Cache.Get(stored.Key.AccountId);
        if (entry.Key == stored.Key)
        {
            entry.Reset(stored is { IsActive: true, IsReadable: true }
                ? CachedAccessToken.From(stored.Tokens, options, application.Jitter)
                : CachedAccessToken.None());
        }
    }

    public async Task<bool> TryImportAsync(
        string accountId, string refreshToken, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var (options, _) = application.Current;
        var imported = NewConnection(
            new TokenSet
            {
                AccountId = accountId,
                AccessToken = "",
                AccessTokenExpiresAt = Now,
                RefreshToken = refreshToken,
                RefreshTokenExpiresAt = expiresAt,
                IssuedAt = Now,
            },
            options);
        var loop = new SaveLoop(application, AirwallexApplication.TimingsOf(options), imported.Key);
        var stored = await loop.RunAsync(
            current => current switch
            {
                null => SaveDecision.Write(imported),
                { IsReadable: false } => throw ConnectionErrors.Unreadable(accountId),
                { IsActive: true } => SaveDecision.Keep(current),
                _ => SaveDecision.Write(imported),
            },
            onFailure: null,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        if (!loop.HasWritten(stored))
        {
            return false;
        }

        Publish(stored, options);
        application.Telemetry.Connect("imported");
        application.Log.Imported(accountId);
        application.Notify(ConnectionEventKind.Connected, imported.Key, "Imported.");
        return true;
    }

    /// <summary>Makes an ended connection active, due at once: whatever happens then, it is taken up.</summary>
    public async Task ReactivateAsync(string accountId, CancellationToken cancellationToken)
    {
        var key = KeyOf(accountId);
        var loop = new SaveLoop(application, AirwallexApplication.TimingsOf(application.Options), key);
        var stored = await loop.RunAsync(
            current => current switch
            {
                { IsReadable: false } => throw ConnectionErrors.Unreadable(accountId),
                null or { IsActive: true } => SaveDecision.Keep(current),
                _ => SaveDecision.Write(current with
                {
                    Status = ConnectionStatus.Active,
                    StatusReason = null,
                    StatusChangedAt = Now,
                    RecoverAt = Now,
                    RenewAt = Now,
                }),
            },
            onFailure: null,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            throw await application.ExplainMissingAsync(key, cancellationToken).ConfigureAwait(false);
        }

        application.Current.Cache.Get(accountId).Cooldown = null;
    }

    /// <summary>
    /// Deletes iff the version is the one that was read, and reads again when it is not. A connection that was made
    /// anew meanwhile stays.
    /// </summary>
    public async Task DisconnectAsync(string accountId, CancellationToken cancellationToken)
    {
        var key = KeyOf(accountId);
        string? authorization = null;
        while (await application.Store.FindAsync(key, cancellationToken).ConfigureAwait(false) is { } current)
        {
            authorization ??= current.AuthorizationId;
            if (current.AuthorizationId != authorization)
            {
                return;
            }

            if (await application.Store.TryDeleteAsync(current, cancellationToken).ConfigureAwait(false))
            {
                application.Log.Disconnected(accountId);
                application.Notify(ConnectionEventKind.Disconnected, key, "The application disconnected it.");
                break;
            }
        }

        // Looked up after the deletion: an entry that was evicted and made anew meanwhile is cleared as well.
        application.Current.Cache.Get(accountId).Reset(CachedAccessToken.None());
        if (authorization is null)
        {
            await ThrowIfForeignAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stores the report, drops the access token and asks for the proof in the background.</summary>
    public async Task<bool> ReportDisconnectionAsync(
        string accountId, string reason, CancellationToken cancellationToken)
    {
        var key = KeyOf(accountId);
        var loop = new SaveLoop(application, AirwallexApplication.TimingsOf(application.Options), key);
        var stored = await loop.RunAsync(
            current => current switch
            {
                null or { IsReadable: false } or { Status: ConnectionStatus.Disconnected } =>
                    SaveDecision.Keep(current),
                _ when loop.HasWritten(current) => SaveDecision.Keep(current),
                { IsActive: true } => SaveDecision.Write(current with { RenewAt = Now, ReportedReason = reason }),

                // One that had ended by itself gets the words, too.
                _ => SaveDecision.Write(current with
                {
                    Status = ConnectionStatus.Disconnected,
                    StatusReason = reason,
                    StatusChangedAt = Now,
                }),
            },
            onFailure: null,
            cancellationToken: cancellationToken).ConfigureAwait(false);
        if (stored is { IsActive: true, IsReadable: true })
        {
            application.Current.Cache.Get(accountId).DropToken();
            await AskForProofAsync(accountId, RefreshTrigger.Webhook).ConfigureAwait(false);
        }

        return stored is not null;
    }

    /// <summary>
    /// A refresh that tells whether the connection lives: in the background of a host; without one, it is awaited.
    /// </summary>
    public async Task AskForProofAsync(string accountId, RefreshTrigger trigger)
    {
        if (application.HostIsRunning)
        {
            application.Refresher.StartInBackground(application.Current.Cache.Get(accountId), trigger);
            return;
        }

        try
        {
            await application.RefreshAsync(accountId, trigger, CancellationToken.None).ConfigureAwait(false);
        }
        catch (AirwallexOAuthException)
        {
            // Logged where it happens; what it proved is stored.
        }
    }

    public async Task<ConnectionSummary> SummarizeAsync(CancellationToken cancellationToken)
    {
        var clientId = application.Options.ClientId;
        var all = await application.Store.SummarizeAsync(Now, cancellationToken).ConfigureAwait(false);
        return all.FirstOrDefault(summary => summary.ClientId == clientId)
            ?? new ConnectionSummary { ClientId = clientId };
    }

    /// <summary>
    /// A connection under a client id that does not belong to this process is a configuration error.
    /// </summary>
    public async Task ThrowIfForeignAsync(ConnectionKey key, CancellationToken cancellationToken)
    {
        var missing = await application.ExplainMissingAsync(key, cancellationToken).ConfigureAwait(false);
        if (missing is not ConnectionNotFoundException)
        {
            throw missing;
        }
    }
}
