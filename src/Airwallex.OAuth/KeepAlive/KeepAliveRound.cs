using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>How a refresh of the keep-alive ended.</summary>
internal enum RefreshEnd { Refreshed, Ended, Failed, Deferred }

/// <summary>Renews what is due, and takes up unfinished refreshes. Instances do not wait on each other.</summary>
internal sealed partial class KeepAliveRound(AirwallexApplication application)
{
    private static readonly TimeSpan OverdueInterval = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _overdue = new(StringComparer.Ordinal);

    /// <summary>Renews the refresh tokens whose moment in the window has come, some at a time.</summary>
    public async Task<IReadOnlyList<RefreshEnd>> RenewAsync(CancellationToken cancellationToken)
    {
        var (ends, running) = (new List<RefreshEnd>(), new List<Task<RefreshEnd>>());
        var options = application.Options;
        var query = new ConnectionQuery
        {
            ClientId = options.ClientId,
            Status = ConnectionStatus.Active,
            RenewalDueAt = Time.GetUtcNow(),
        };
        await foreach (var page in application.PagesAsync(query, cancellationToken).ConfigureAwait(false))
        {
            // In random order, so that the instances do not all take the same one first.
            foreach (var row in page.OrderBy(_ => application.Jitter.Next()))
            {
                if (running.Count >= options.KeepAlive.MaxConcurrency)
                {
                    var ended = await Task.WhenAny(running).ConfigureAwait(false);
                    running.Remove(ended);
                    ends.Add(await ended.ConfigureAwait(false));
                }

                if (!cancellationToken.IsCancellationRequested)
                {
                    running.Add(RenewAsync(row, options));
                }
            }
        }

        return [.. ends, .. await Task.WhenAll(running).ConfigureAwait(false)];
    }

    /// <summary>One whole round for a program without a host: what is in flight is awaited.</summary>
    public async Task<KeepAliveResult> RunAsync(CancellationToken cancellationToken)
    {
        var recovered = new List<RefreshEnd>();
        var (started, deferred) = await StartRecoveriesAsync(cancellationToken).ConfigureAwait(false);
        while (started.Count > 0)
        {
            recovered.AddRange(await Task.WhenAll(started).ConfigureAwait(false));
            (started, deferred) = cancellationToken.IsCancellationRequested
                ? ([], deferred) : await StartRecoveriesAsync(cancellationToken).ConfigureAwait(false);
        }

        var renewed = cancellationToken.IsCancellationRequested
            ? [] : await RenewAsync(cancellationToken).ConfigureAwait(false);
        int Count(RefreshEnd how) => recovered.Concat(renewed).Count(end => end == how);
        return new KeepAliveResult
        {
            Recovered = recovered.Count(static end => end == RefreshEnd.Refreshed),
            Renewed = renewed.Count(static end => end == RefreshEnd.Refreshed),
            Ended = Count(RefreshEnd.Ended),
            Failed = Count(RefreshEnd.Failed),
            Deferred = deferred + Count(RefreshEnd.Deferred),
        };
    }

    private async Task<RefreshEnd> RenewAsync(StoredConnection row, AirwallexOAuthOptions options)
    {
        var end = RefreshEnd.Deferred;
        if (application.Current.Cache.Get(row.AccountId).ActiveCooldown(Time, options) is null)
        {
            (end, _) = await application.KeepAliveAsync(row.AccountId, RefreshTrigger.KeepAlive).ConfigureAwait(false);
        }

        if (end is RefreshEnd.Failed or RefreshEnd.Deferred)
        {
            ReportIfOverdue(row, options);
        }

        return end;
    }

    /// <summary>Tells operators of a refresh token that is past its renewal window, once an hour each.</summary>
    private void ReportIfOverdue(StoredConnection row, AirwallexOAuthOptions options)
    {
        var now = Time.GetUtcNow();
        var tokens = application.Serializer.Read(row).Tokens;
        var windowEnd = RenewalSchedule.WindowEnd(tokens, options.KeepAlive);
        if (now > windowEnd
            && !(_overdue.TryGetValue(row.AccountId, out var reported) && now - reported < OverdueInterval))
        {
            _overdue[row.AccountId] = now;
            application.ReportOverdue(row.AccountId, windowEnd, tokens.RefreshTokenExpiresAt);
        }
    }
}
