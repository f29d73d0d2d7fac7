using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>Whether the connections of every application can be used and kept alive.</summary>
internal sealed class ConnectionHealthCheck(StoreProbe probe, IOptionsMonitor<ConnectionHealthOptions> options)
    : IHealthCheck
{
    private static readonly TimeSpan s_askAgainAfter = TimeSpan.FromMinutes(1);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var limits = options.Get(context.Registration.Name);
        var findings = await probe.FindAsync(cancellationToken).ConfigureAwait(false);
        var report = new HealthReport();
        for (var index = 0; index < probe.Applications.Count; index++)
        {
            var application = probe.Applications[index];
            report.Begin(application.Name);
            CheckMemory(application, report);
            CheckCredentials(application, findings.Failure is null ? findings.Samples[index] : null, report);
            if (findings.Failure is null)
            {
                CheckStored(application, findings, findings.Samples[index], limits, report);
            }
        }

        if (findings.Failure is { } failure)
        {
            report.Begin("");
            report.Unhealthy(
                "The token store cannot be read, so that no connection can be refreshed. Repair the store.", failure);
        }

        return report.ToResult(context.Registration.FailureStatus);
    }

    private static void CheckMemory(AirwallexApplication application, HealthReport report)
    {
        var held = application.ResponsesHeld;
        report.Data("responses_held", held);
        if (held > 0)
        {
            report.Unhealthy(
                $"The new tokens of {held} connections are held in the memory of this process, because the token store "
                + "cannot be written. Repair the store, and do not stop the process before they are saved.");
        }
    }

    private void CheckCredentials(
        AirwallexApplication application, IReadOnlyList<ConnectionState>? sample, HealthReport report)
    {
        var current = application.Options;
        if (application.Credentials.Find(current.ClientId, current.ClientSecret) is not { } refusal)
        {
            return;
        }

        var isOld = probe.Time.GetUtcNow() - refusal.At >= s_askAgainAfter;
        if (isOld && sample is not null && !AskAgain(application, sample))
        {
            application.Credentials.Forget();
            return;
        }

        report.Unhealthy(
            "Airwallex refuses this application's client id or secret. Correct ClientId and ClientSecret.",
            refusal.Failure);
    }

    /// <summary>
    /// Refreshes a connection in the background: its response shows whether the client is still refused.
    /// </summary>
    /// <returns>False when there is no connection to ask with.</returns>
    private bool AskAgain(AirwallexApplication application, IReadOnlyList<ConnectionState> sample)
    {
        var readable = sample.Where(static connection => connection.IsReadable).ToList();
        if (readable.Count == 0)
        {
            return false;
        }

        var chosen = readable[(int)(application.Jitter.Next() * readable.Count) % readable.Count];
        application.Credentials.Asked(probe.Time.GetUtcNow());
        BackgroundTasks.Forget(application.Changes.AskForProofAsync(chosen.Key.AccountId, RefreshTrigger.Forced));
        return true;
    }

    private void CheckStored(
        AirwallexApplication application,
        StoreFindings findings,
        IReadOnlyList<ConnectionState> sample,
        ConnectionHealthOptions limits,
        HealthReport report)
    {
        var clientId = application.Options.ClientId;
        var unreadable = sample.Count(static connection => !connection.IsReadable);
        var own = findings.Summaries.FirstOrDefault(one => one.ClientId == clientId)
            ?? new ConnectionSummary { ClientId = clientId };
        report.Data(own, sample.Count, unreadable);
        if (unreadable > 0)
        {
            report.Unhealthy(
                $"The tokens of {unreadable} of {sample.Count} sampled connections cannot be decrypted. Bring the Data "
                + "Protection keys back that encrypted them; connecting again is the remedy only where they are lost.");
        }

        if (FindStranger(findings.Summaries, own) is { } stranger)
        {
            report.Unhealthy(
                $"No connection of client id {clientId} is stored, but connections of client id {stranger} are. If "
                + "that is this application, correct ClientId: its connections are untouched.");
        }

        var lateness = own.OldestRenewAt is { } oldest ? probe.Time.GetUtcNow() - oldest : TimeSpan.Zero;
        if (lateness > limits.MaxRenewalLateness)
        {
            report.Degraded(
                $"The oldest renewal is {(int)lateness.TotalHours} hours late, and {own.RenewalDue} are due. Refresh "
                + "tokens expire unless they are renewed: find out in the log why refreshes fail.");
        }

        var (waiting, inUse) = (own.ReauthorizationRequired, own.ReauthorizationRequired + own.Active);
        if (waiting > 0 && (double)waiting / inUse > limits.MaxWaitingShare)
        {
            report.Degraded(
                $"{waiting} of {inUse} connections wait for their customers to authorize again. Ask the customers, and "
                + "find out in the log why Airwallex refused their refresh tokens.");
        }
    }

    /// <summary>A client id that has connections and does not belong to this process, when ours has none.</summary>
    private string? FindStranger(IReadOnlyList<ConnectionSummary> summaries, ConnectionSummary own) =>
        own.Active + own.ReauthorizationRequired + own.Disconnected > 0
            ? null
            : summaries.FirstOrDefault(one => probe.Applications.All(
                application => application.Options.ClientId != one.ClientId))?.ClientId;
}
