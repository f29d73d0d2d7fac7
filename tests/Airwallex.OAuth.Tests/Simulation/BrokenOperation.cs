using System.Diagnostics;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>A refresh with one of its steps broken.</summary>
internal sealed class BrokenOperation(
    World world, Instance instance, AirwallexApplication application, AirwallexOAuthOptions options,
    TokenCacheEntry entry,
    RefreshRequest request, ActivityContext startedBy)
    : RefreshOperation(application, options, entry, request, startedBy)
{
    /// <summary>The cancellation of the caller who called last.</summary>
    [ThreadStatic]
    public static CancellationToken Caller;

    private ConnectionState? _first;

    public static RefreshOperation Create(
        World world, Instance instance, AirwallexApplication application, AirwallexOAuthOptions options,
        TokenCacheEntry entry,
        RefreshRequest request, ActivityContext startedBy) => world.Breakage == Breakage.None
            ? new RefreshOperation(application, options, entry, request, startedBy)
            : new BrokenOperation(
                world, instance, application, options, entry,
                world.Breakage == Breakage.RecoveryWaitsForLease && request.DoesNotWait
                    ? request with { Trigger = RefreshTrigger.Forced }
                    : request,
                startedBy);

    /// <summary>The cancellation of the caller who started it.</summary>
    public CancellationToken CallersCancellation { get; } = Caller;

    protected override async Task<ConnectionState> ReadAsync()
    {
        var current = await base.ReadAsync();
        _first ??= current;
        return world.Breakage == Breakage.TokenReadBeforeTheGate ? current with { Tokens = _first.Tokens } : current;
    }

    protected override Task<RefreshResult> SaveAsync(Lease lease, SendOutcome outcome)
    {
        if (world.Breakage == Breakage.ResponseDroppedForOddField && outcome.Response!.Oddities is not null)
        {
            throw new AirwallexOAuthException("An odd response.");
        }

        return base.SaveAsync(lease, outcome);
    }

    public override string ToString() => $"{world.Breakage} at {instance}";
}
