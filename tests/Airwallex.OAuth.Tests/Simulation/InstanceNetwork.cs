namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// One instance's way to the token endpoint. Bytes that are out may arrive even when their sender is dead.
/// </summary>
internal sealed class InstanceNetwork(World world, Instance instance) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var scheduler = world.Scheduler;
        var calledAt = scheduler.Now;
        var faults = world.FaultsAreOn ? world.Faults : null;
        if (scheduler.Chance(faults?.Refused ?? 0))
        {
            await instance.PauseAsync(scheduler.Between(0.01, 1)).ConfigureAwait(false);
            instance.CanLookAfter.Break(); // It did what it could.
            throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused.");
        }

        // Connecting takes time; only then are the bytes written, with the last look at the clock.
        await instance.PauseAsync(Latency()).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var form = Parse(await request.Content!.ReadAsStringAsync(CancellationToken.None).ConfigureAwait(false));
        var exchange = new Exchange(world, instance, form, calledAt);
        if (exchange.RefreshToken is not null)
        {
            CutByBreakage(exchange);
        }

        await using (cancellationToken.UnsafeRegister(_ => exchange.OnCut(), null).ConfigureAwait(false))
        {
            exchange.Start(Latency());
            return await exchange.Response.ConfigureAwait(false);
        }

        // A request that is on its way for longer is "delayed on its way past the grace period": inherent, and not
        // played.
        TimeSpan Latency() =>
            scheduler.Chance(faults?.Slow ?? 0) ? scheduler.Between(0.2, 0.9) : scheduler.Between(0.01, 0.1);
    }

    private void CutByBreakage(Exchange exchange)
    {
        if (world.Breakage is not (Breakage.CallersCancellationCutsTheSend or Breakage.CutWhileStoreDoesNotRespond))
        {
            return;
        }

        var account = world.Ledger.Find(exchange.RefreshToken!)!.Family.Account;
        var operation = instance.OperationOf(exchange.ClientId, account) as BrokenOperation;
        instance.After(TimeSpan.FromSeconds(0.5), Look);

        void Look()
        {
            var isStoreGone = instance.StoreFailedAt(account) > instance.StoreRespondedAt(account)
                && instance.StoreRespondedAt(account) < world.Scheduler.Now - TimeSpan.FromSeconds(6.5);
            var isCanceled = operation is { CallersCancellation.IsCancellationRequested: true };
            if (world.Breakage == Breakage.CutWhileStoreDoesNotRespond ? isStoreGone : isCanceled)
            {
                exchange.OnCut();
            }
            else if (exchange.EndedAt is null)
            {
                instance.After(TimeSpan.FromSeconds(0.5), Look);
            }
        }
    }

    private static List<KeyValuePair<string, string>> Parse(string form) =>
        [.. form.Split('&').Select(pair => pair.Split('='))
            .Select(pair => KeyValuePair.Create(pair[0], Uri.UnescapeDataString(pair[1])))];
}
