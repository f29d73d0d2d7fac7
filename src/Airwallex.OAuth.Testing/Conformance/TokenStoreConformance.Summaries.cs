namespace Airwallex.OAuth.Testing;

/// <content>Summaries: what the health check and the metrics count.</content>
public abstract partial class TokenStoreConformance
{
    /// <summary>The connections of each client are counted: by status, by due renewal and by pending refresh.</summary>
    public Task SummaryCountsTheConnectionsOfEachClient() => CheckAsync(async run =>
    {
        var (noon, millisecond) = (ConformanceRun.Noon, TimeSpan.FromMilliseconds(1));
        var (one, two, ended) = (run.ClientId, run.ClientId.ToUpperInvariant(), run.ClientId + "_ended");
        await run.SaveAllAsync(
        [
            Connection(one, ConnectionStatus.Active, noon - millisecond, noon),
            Connection(one, ConnectionStatus.Active, noon, null),
            Connection(one, ConnectionStatus.Active, noon + millisecond, noon.AddDays(1)),
            Connection(one, ConnectionStatus.ReauthorizationRequired, noon.AddDays(-9), noon),
            Connection(one, ConnectionStatus.ReauthorizationRequired, noon, null),
            Connection(one, ConnectionStatus.Disconnected, noon.AddDays(-8), noon),
            Connection(two, ConnectionStatus.Active, noon + millisecond, null),
            Connection(ended, ConnectionStatus.Disconnected, noon.AddDays(-7), noon),
        ]).ConfigureAwait(false);

        await RequireSummaryAsync(run, new ConnectionSummary
        {
            ClientId = one,
            Active = 3,
            ReauthorizationRequired = 2,
            Disconnected = 1,
            RenewalDue = 2,
            RefreshPending = 2,
            OldestRenewAt = noon - millisecond,
        }).ConfigureAwait(false);
        await RequireSummaryAsync(run, new ConnectionSummary
        {
            ClientId = two,
            Active = 1,
            OldestRenewAt = noon + millisecond,
        }).ConfigureAwait(false);
        await RequireSummaryAsync(run, new ConnectionSummary { ClientId = ended, Disconnected = 1 })
            .ConfigureAwait(false);

        StoredConnection Connection(
            string clientId, ConnectionStatus status, DateTimeOffset renewAt, DateTimeOffset? recoverAt) =>
            run.NewConnection(clientId: clientId) with { Status = status, RenewAt = renewAt, RecoverAt = recoverAt };
    });

    /// <summary>A client without connections has no summary, before its first connection and after its last.</summary>
    public Task ClientWithoutConnectionsHasNoSummary() => CheckAsync(async run =>
    {
        await RequireNoSummaryAsync(run, "Before the first save").ConfigureAwait(false);
        var saved = await run.SaveAsync(run.NewConnection()).ConfigureAwait(false);
        await RequireSummaryAsync(
            run, new ConnectionSummary { ClientId = run.ClientId, Active = 1, OldestRenewAt = saved.RenewAt })
            .ConfigureAwait(false);

        await run.DeleteAsync(saved).ConfigureAwait(false);

        await RequireNoSummaryAsync(run, "After the last deletion").ConfigureAwait(false);
    });

    private static async Task RequireSummaryAsync(ConformanceRun run, ConnectionSummary expected)
    {
        var summaries = await SummariesAsync(run, expected.ClientId).ConfigureAwait(false);
        run.Require(
            summaries.Count == 1, $"SummarizeAsync gave {summaries.Count} summaries of a client, expected one.");
        run.Require(summaries[0] == expected, $"SummarizeAsync gave {summaries[0]}, expected {expected}.");
    }

    private static async Task RequireNoSummaryAsync(ConformanceRun run, string afterWhat)
    {
        var summaries = await SummariesAsync(run, run.ClientId).ConfigureAwait(false);
        run.Require(summaries.Count == 0, $"{afterWhat}, SummarizeAsync gave {string.Join(", ", summaries)}.");
    }

    private static async Task<List<ConnectionSummary>> SummariesAsync(ConformanceRun run, string clientId)
    {
        var summaries = await run.SecondInstance.SummarizeAsync(ConformanceRun.Noon).ConfigureAwait(false);
        return [.. summaries.Where(summary => summary.ClientId == clientId)];
    }
}
