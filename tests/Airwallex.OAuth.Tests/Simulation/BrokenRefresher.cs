using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>The refresh with one of its steps broken, or with none.</summary>
internal sealed class BrokenRefresher(
    Breakage breakage,
    Accounts accounts,
    ConnectionRecords records,
    Func<TokenClient> tokenClient,
    IOptionsMonitor<AirwallexOAuthOptions> options,
    RefreshRuntime runtime,
    ConnectionObservers observers,
    RefreshMetrics metrics)
    : ConnectionRefresher(accounts, records, tokenClient, options, runtime, observers, metrics, NullLogger<ConnectionRefresher>.Instance)
{
    private readonly Dictionary<string, CancellationToken> _callers = [];

    public override Task<RefreshResult> RunAsync(Account account, RefreshNeed need, CancellationToken cancellationToken)
    {
        _callers[account.Id] = cancellationToken;
        return base.RunAsync(account, need, cancellationToken);
    }

    internal override async Task<AirwallexConnection> ReadAsync(Account account, RefreshFlight flight)
    {
        var current = await base.ReadAsync(account, flight);
        return breakage == Breakage.SendsTheTokenReadBeforeTheLock ? current with { Tokens = flight.First!.Tokens } : current;
    }

    internal override bool IsLeasedToAnother(Account account, AirwallexConnection current) =>
        breakage != Breakage.LeaseIgnored && base.IsLeasedToAnother(account, current);

    internal override async ValueTask<GraceVerdict> JudgeGraceAsync(Account account, RefreshFlight flight, AirwallexConnection current)
    {
        switch (breakage)
        {
            case Breakage.GraceIgnored:
                return GraceVerdict.Send;
            case Breakage.AttemptsAfterGraceWithoutLookingTwice when current.PendingRefresh is { } note:
                account.Sighting = new NoteSighting(note.AttemptId, current.Version, DateTimeOffset.MinValue, Runtime.Now);
                break;
        }

        return await base.JudgeGraceAsync(account, flight, current);
    }

    internal override Task<AirwallexConnection?> WriteAheadAsync(Account account, RefreshFlight flight, AirwallexConnection current) =>
        breakage == Breakage.NoNoteBeforeSending
            ? Task.FromResult<AirwallexConnection?>(WithNote(account, current))
            : base.WriteAheadAsync(account, flight, current);

    internal override AirwallexConnection WithNote(Account account, AirwallexConnection current)
    {
        var noted = base.WithNote(account, current);
        return breakage == Breakage.FirstSentAtResetOnRetry
            ? noted with { PendingRefresh = noted.PendingRefresh! with { FirstSentAt = Runtime.Now } }
            : noted;
    }

    internal override DateTimeOffset SendUntil(Account account, AirwallexConnection noted) =>
        breakage == Breakage.GraceIgnored ? RefreshTimes.LeaseEnd(noted.PendingRefresh!, Options) : base.SendUntil(account, noted);

    internal override Task<TokenSet> RequestAsync(Account account, AirwallexConnection noted, DateTimeOffset endBy, CancellationToken cancellationToken) =>
        base.RequestAsync(
            account, noted, endBy, breakage == Breakage.CallersCancellationReachesTheRefresh ? _callers[account.Id] : cancellationToken);

    internal override async Task RefusedAsync(Account account, RefreshFlight flight, AirwallexConnection noted, TokenRequestException failure)
    {
        if (breakage == Breakage.LosersRefusalEndsTheConnection && await Records.FindAsync(account.Id) is { } current)
        {
            await Records.TrySaveAsync(current with { Status = ConnectionStatus.ReauthorizationRequired, StatusReason = "refused", PendingRefresh = null });
            return;
        }

        await base.RefusedAsync(account, flight, noted, failure);
    }

    internal override Task<RefreshResult> SaveAsync(Account account, RefreshFlight flight, AirwallexConnection noted, TokenSet answer)
    {
        if (breakage == Breakage.SavesAfterHandingOut)
        {
            var early = noted with { Tokens = answer };
            flight.AnswerFromMemory(new RefreshResult(early, AccessToken.From(answer, Options, Runtime)), new InvalidOperationException());
        }

        return base.SaveAsync(account, flight, noted, answer);
    }

    internal override AirwallexConnection? Successor(AirwallexConnection? current, AirwallexConnection noted, TokenSet answer) =>
        breakage == Breakage.LostSwapDropsTheAnswer && current?.Version != noted.Version ? current : base.Successor(current, noted, answer);
}
