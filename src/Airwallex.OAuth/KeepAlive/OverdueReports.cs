using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>
/// Tells operators of refresh tokens that are past their renewal window, once an hour each. Thread-safe.
/// </summary>
internal sealed class OverdueReports(AirwallexApplication application)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _reported = new(StringComparer.Ordinal);

    public void Report(StoredConnection row, AirwallexOAuthOptions options)
    {
        var now = application.Time.GetUtcNow();
        var tokens = application.Serializer.Read(row).Tokens;
        var windowEnd = RenewalSchedule.WindowEnd(tokens, options.KeepAlive);
        if (now > windowEnd && !(_reported.TryGetValue(row.AccountId, out var reported) && now - reported < Interval))
        {
            _reported[row.AccountId] = now;
            application.ReportOverdue(row.AccountId, windowEnd, tokens.RefreshTokenExpiresAt);
        }
    }
}
