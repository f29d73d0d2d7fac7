using Airwallex.OAuth.Testing;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>What the application's callers and its customers do.</summary>
internal sealed class Customers(World world)
{
    private readonly HashSet<string> _disconnected = new(StringComparer.Ordinal);
    private readonly List<Wish> _wishes = [];

    private Scheduler Scheduler => world.Scheduler;

    public bool HasDisconnected(string account) => _disconnected.Contains(account);

    /// <summary>
    /// Whether somebody wished to disconnect what was consented by then, or while that wish was being carried out.
    /// </summary>
    public bool MayDelete(Ledger.Family family) =>
        _wishes.Exists(wish => wish.Account == family.Account && family.Number < wish.FamiliesUntil);

    public void Plan()
    {
        for (var calls = world.Trouble == Trouble.Flood ? 0 : 10 + Scheduler.Random.Next(40); calls > 0; calls--)
        {
            var burst = Scheduler.Chance(0.3) ? 3 : 1;
            var at = world.Misfortunes.AnyMoment();
            for (; burst > 0; burst--)
            {
                Scheduler.At(at, () => Call(world.AnyInstance(), world.AnyAccount()));
            }
        }
    }

    public void DoSomething()
    {
        var (instance, account) = (world.AnyInstance(), world.AnyAccount());
        if (instance is null)
        {
            return;
        }

        switch (Scheduler.Random.Next(11))
        {
            case 0 or 1:
                Connect(account, instance);
                break;
            case 2:
                Disconnect(account, instance);
                break;
            case 3:
                // A deletion may land late, when the customer is there again.
                Disconnect(account, instance);
                Scheduler.After(Scheduler.Between(0, 30), () => Connect(account, world.AnyInstance() ?? instance));
                break;
            case 4:
                // The customer thinks better of it, and authorizes again at once.
                Revoke(account);
                Connect(account, instance);
                break;
            case 5:
                Revoke(account);
                Report(account, instance);
                break;
            case 6:
                Report(account, instance);
                break;
            case 7:
                LoseAndRegainRole(account);
                break;
            case 8:
                Import(account, instance);
                break;
            case 9:
                Run(instance, () => instance.Application.Connections.KeepAliveAsync());
                break;
            default:
                Connect(account, instance, isRefused: true);
                break;
        }
    }

    public void Call(Instance? instance, string account, bool forced = false) =>
        instance?.After(TimeSpan.Zero, () => _ = CallAsync(instance, account, forced));

    /// <summary>Without a host, callers alone finish what is unfinished.</summary>
    public void CallFromHostless()
    {
        if (world.Instances.TrueForAll(instance => !instance.HasHost))
        {
            foreach (var account in world.Accounts)
            {
                Call(world.Instances[0], account);
            }
        }
    }

    public void Connect(string account, Instance instance, bool isRefused = false)
    {
        var options = instance.Options;
        var client = world.Server.FindClient(options.ClientId);
        var code =
            world.Server.IssueCode(
                account, options.RedirectUri!.OriginalString, "balance:read", codeChallenge: null, client);
        if (world.SecondConsent == SecondConsent.RevokesFirst)
        {
            world.Ledger.EndFamilies(account, options.ClientId);
        }

        var connect = new ConnectOptions
        {
            OnConnecting = !isRefused && Scheduler.Chance(0.7) ? null : async (_, stop) =>
            {
                await Task.Delay(Scheduler.Between(0.01, 3), instance.Clock, stop);
                if (isRefused)
                {
                    world.Ledger.Families[^1].IsRefused = true;
                    throw new InvalidOperationException("Not this account.");
                }
            },
        };
        world.Trace($"the customer of {account} connects at {instance}");
        Run(instance, () => instance.Options == options ? instance.Application.Connections.ConnectAsync(code, connect)
            : Task.CompletedTask);
    }

    private async Task CallAsync(Instance instance, string account, bool forced)
    {
        using var cancellation = world.FaultsAreOn && Scheduler.Chance(world.Faults.CallerCancels)
            ? new CancellationTokenSource(Scheduler.Between(0.001, 3), instance.Clock)
            : new CancellationTokenSource();
        var startedAt = Scheduler.Now;
        BrokenOperation.Caller = cancellation.Token;
        try
        {
            var application = instance.Application;
            var clientId = instance.Options.ClientId;
            var held = application.Current.Cache.Find(account)?.Token.Value;
            string? token = null;
            switch (forced ? 9 : Scheduler.Random.Next(10))
            {
                case < 5:
                    token = await application.Connections.GetAccessTokenAsync(account, cancellation.Token);
                    break;
                case < 8 when held is not null:
                    token = (await application.Tokens.ReplaceRejectedAsync(account, held, cancellation.Token))?.Value;
                    break;
                default:
                    await application.Connections.RefreshAsync(account, cancellation.Token);
                    token = null;
                    break;
            }

            if (token is not null)
            {
                // One that called while its configuration changed may get either client's.
                world.Invariants.OnTokenHandedOut(instance, account, [clientId, instance.Options.ClientId], token);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Its own wish.
        }
        catch (AirwallexOAuthException exception)
        {
            if (exception.InnerException is OperationCanceledException)
            {
                world.Fail($"a caller of {account} got the cancellation of another one: {exception.Message}");
            }
        }

        if (Scheduler.Now - startedAt > TimeSpan.FromSeconds(31) && instance.DisturbedAt < startedAt)
        {
            world.Fail($"step 6: a caller of {account} waited {(Scheduler.Now - startedAt).TotalSeconds:0.0} s");
        }
    }

    private void Disconnect(string account, Instance instance)
    {
        world.Trace($"{account} is disconnected at {instance}");
        _disconnected.Add(account);
        var wish = new Wish(account);
        _wishes.Add(wish);
        Run(instance, async () =>
        {
            try
            {
                await instance.Application.Connections.DisconnectAsync(account);
            }
            finally
            {
                wish.FamiliesUntil = world.Ledger.Families.Count;
            }
        });
    }

    private void Revoke(string account)
    {
        world.Trace($"the customer of {account} revokes");
        world.Server.RevokeByUser(account);
        world.Ledger.EndFamilies(account, world.Options.ClientId);
        world.Ledger.EndFamilies(account, world.OtherOptions.ClientId);
    }

    private void Report(string account, Instance instance)
    {
        world.Trace($"a webhook says that {account} is disconnected");
        Run(instance,
            () => instance.Application.Connections.ReportDisconnectionAsync(account, "The customer disconnected it."));
    }

    /// <summary>The user loses the admin role, and has it again; then a person reactivates the connection.</summary>
    private void LoseAndRegainRole(string account)
    {
        world.Trace($"the user of {account} loses the admin role");
        var families = world.Ledger.Families.Where(family => family.Account == account && !family.IsEndedByCustomer)
            .ToList();
        families.ForEach(family => family.IsEndedByCustomer = true);
        world.Server.RemoveAdminRole(account);
        Scheduler.After(Scheduler.Between(1, 60), () =>
        {
            world.Trace($"the user of {account} has the admin role again");
            world.Server.RestoreAdminRole(account);
            Reactivate(3);
        });

        void Reactivate(int tries)
        {
            if (tries > 0 && world.AnyInstance() is { } instance)
            {
                foreach (var issued in world.Ledger.All.Where(issued => issued.Family.Account == account))
                {
                    issued.Reactivations.Add(Scheduler.Now);
                }

                Run(instance, () => instance.Application.Connections.ReactivateAsync(account));
                Scheduler.After(Scheduler.Between(20, 60), () => Reactivate(tries - 1));
            }
        }
    }

    /// <summary>Another system connected the account, and hands over its refresh token.</summary>
    private void Import(string account, Instance instance)
    {
        var options = instance.Options;
        var code = world.Server.IssueCode(
            account, options.RedirectUri!.OriginalString, "balance:read", codeChallenge: null,
            world.Server.FindClient(options.ClientId));
        if (world.SecondConsent == SecondConsent.RevokesFirst)
        {
            world.Ledger.EndFamilies(account, options.ClientId);
        }

        var request = world.Server.BeginTokenRequest(
        [
            new("client_id", options.ClientId), new("client_secret", options.ClientSecret),
                new("grant_type", "authorization_code"),
            new("code", code), new("redirect_uri", options.RedirectUri.OriginalString),
        ]);
        var issued = world.Ledger.Issue(world.Server.CompleteTokenRequest(request), null, options.ClientId);
        world.Trace($"{account} is imported at {instance} with {World.Short(issued.Token)}");
        Run(instance, () => instance.Options == options
            ? instance.Application.Connections.TryImportAsync(account, issued.Token) : Task.CompletedTask);
    }

    private sealed class Wish(string account)
    {
        public string Account => account;

        /// <summary>How many consents there were when it was carried out, or had failed.</summary>
        public int FamiliesUntil { get; set; } = int.MaxValue;
    }

    private static void Run(Instance instance, Func<Task> work)
    {
        instance.After(TimeSpan.Zero, () => _ = RunAsync());

        async Task RunAsync()
        {
            try
            {
                await work();
            }
            catch (Exception exception) when (exception is AirwallexOAuthException or InvalidOperationException)
            {
                // People see it and try again, or not.
            }
        }
    }
}
