namespace Airwallex.OAuth;

/// <summary>What the application tells the outside: logs, metrics and events together.</summary>
internal sealed partial class AirwallexApplication
{
    public Cooldown NewCooldown(
        int failures, TimeSpan length, TokenRequestException failure, AirwallexOAuthOptions options,
        ConnectionState current)
    {
        var now = Time.GetTimestamp();
        return new Cooldown(
            failures,
            now + (long)(length.TotalSeconds * Time.TimestampFrequency),
            Time.GetUtcNow() + length,
            failure,
            options,
            Tokens: (current.AuthorizationId, current.Tokens.IssuedAt),
            LookedAt: now);
    }

    /// <summary>
    /// Why a connection is not found: it is none of ours, or the configuration is another application's.
    /// </summary>
    public async Task<AirwallexOAuthException> ExplainMissingAsync(
        ConnectionKey key, CancellationToken cancellationToken)
    {
        var rows = await Store.ListAsync(
            new ConnectionQuery { AccountId = key.AccountId }, cancellationToken).ConfigureAwait(false);
        var foreign = rows.FirstOrDefault(row => row.AccountId == key.AccountId && row.ClientId != key.ClientId
            && !_parts.IsClientOfThisProcess(row.ClientId));
        return foreign is null
            ? new ConnectionNotFoundException(key.AccountId)
            : new AirwallexOAuthException(
                $"Account {key.AccountId} is connected under client id {foreign.ClientId}, which does not belong to " +
                $"this process; the client id "
                + $"here is {key.ClientId}. Correct ClientId. Nothing was sent, and the connection is untouched.")
            {
                AccountId = key.AccountId,
            };
    }

    /// <summary>
    /// At start: connections, and none of our client id, most probably mean another application's configuration.
    /// </summary>
    public async Task CheckClientAsync(CancellationToken cancellationToken)
    {
        try
        {
            var clientId = Options.ClientId;
            var summaries = await Store.SummarizeAsync(Time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            var others = summaries.Where(
                one => one.ClientId != clientId && !_parts.IsClientOfThisProcess(one.ClientId)).ToList();
            if (others.Count > 0 && summaries.All(one => one.ClientId != clientId))
            {
                Log.NoConnectionOfThisClient(clientId, others[0].ClientId);
            }
        }
        catch (Exception exception) when (exception is AirwallexOAuthException or OperationCanceledException)
        {
            // The loops, which begin now, say that the store fails.
        }
    }

    public async Task SummarizeForTelemetryAsync(CancellationToken cancellationToken)
    {
        var summary = await Changes.SummarizeAsync(cancellationToken).ConfigureAwait(false);
        Telemetry.Summarized(summary);
    }

    /// <summary>Saving a response fails; it is held in memory.</summary>
    public void SavingFails(string accountId, AirwallexOAuthException failure, bool isFirst)
    {
        if (isFirst)
        {
            Interlocked.Increment(ref _responsesHeld);
            Telemetry.ResponseHeld(1);
        }

        _failures.Report("save", count => Log.SavingFails(accountId, ResponsesHeld, count, failure));
    }

    /// <summary>A response is saved, or has become of no use.</summary>
    public void ResponseSaved(bool wasHeld, string accountId)
    {
        if (wasHeld)
        {
            Interlocked.Decrement(ref _responsesHeld);
            Telemetry.ResponseHeld(-1);
            Log.SavedAfterAll(accountId);
        }
    }

    public void ReportEnded(ConnectionState ended)
    {
        var kind = ended.Status == ConnectionStatus.Disconnected
            ? ConnectionEventKind.Disconnected
            : ConnectionEventKind.ReauthorizationRequired;
        Telemetry.Ended(ended.Status);
        Log.ConnectionEnded(ended.Key.AccountId, ended.Status, ended.StatusReason);
        Notify(kind, ended.Key, ended.StatusReason);
    }

    public void ReportOverdue(string accountId, DateTimeOffset windowEnd, DateTimeOffset? expiresAt)
    {
        Telemetry.RenewalOverdue();
        Log.RenewalOverdue(accountId, windowEnd, expiresAt);
        Notify(
            ConnectionEventKind.RenewalOverdue,
            new ConnectionKey { AccountId = accountId, ClientId = Options.ClientId },
            $"The refresh token is past its renewal window and expires at {expiresAt:O}.");
    }

    public void RefreshFailed(TokenCacheEntry entry, RefreshTrigger trigger, AirwallexOAuthException failure)
    {
        var accountId = entry.Key.AccountId;
        var kind = failure is TokenRequestException token
            ? $"refresh {TelemetryAttributes.OutcomeOf(token)}"
            : "refresh";
        _failures.Report(kind, count => Log.RefreshFailed(accountId, trigger, entry.Cooldown?.Until, count, failure));
        Notify(ConnectionEventKind.RefreshFailed, entry.Key, failure.Message, failure);
    }

    public void MaintenanceFailed(string work, Exception exception)
    {
        Telemetry.MaintenanceFailed(work);
        _failures.Report($"maintenance {work}", count => Log.MaintenanceFailed(work, count, exception));
    }

    public void Notify(ConnectionEventKind kind, ConnectionKey key, string? reason = null, Exception? exception = null)
    {
        var dropped = _parts.Events.Notify(new ConnectionEvent
        {
            Kind = kind,
            ClientId = key.ClientId,
            AccountId = key.AccountId,
            OccurredAt = Time.GetUtcNow(),
            ApplicationName = Name,
            Reason = reason,
            Exception = exception,
        });
        for (; dropped > 0; dropped--)
        {
            Telemetry.ObserverEventDropped();
        }
    }
}
