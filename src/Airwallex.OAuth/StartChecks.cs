using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// What must hold before anything is sent: valid options of every application, and a store that suits the program. A
/// host does not start otherwise; without a host, the first use fails. Thread-safe.
/// </summary>
internal sealed class StartChecks(
    IServiceProvider services,
    IEnumerable<ApplicationRegistration> applications,
    DefaultTokenStore defaultStore,
    IOptionsMonitor<AirwallexOAuthOptions> options,
    ILogger<AirwallexConnections> logger)
{
    private int _hasPassed;
    private int _mayTellOfMissingHost; // 1 from the checks on, until it was told or a host starts.

    /// <summary>Checks until it has passed once.</summary>
    /// <exception cref="OptionsValidationException">Options of an application are not valid.</exception>
    /// <exception cref="InvalidOperationException">The program has no suitable token store.</exception>
    public void Run()
    {
        if (Volatile.Read(ref _hasPassed) == 1)
        {
            return;
        }

        var all = applications.Select(application => options.Get(application.Name)).ToArray();
        var store = services.GetRequiredService<ITokenStore>();
        var isChosen = !ReferenceEquals(store, defaultStore.Store);
        CheckStore(store, isChosen);
        if (Interlocked.Exchange(ref _hasPassed, 1) == 0)
        {
            Tell(isChosen, wantsKeepAlive: Array.Exists(all, one => one.KeepAlive.Enabled));
        }
    }

    /// <summary>A host starts: it will keep connections alive.</summary>
    public void HostStarts() => Volatile.Write(ref _mayTellOfMissingHost, 0);

    /// <summary>
    /// An application is used, and no host runs it: there is none, or it was built and not started. Told once.
    /// </summary>
    public void UsedWithoutHost()
    {
        if (Volatile.Read(ref _mayTellOfMissingHost) == 1 && Interlocked.Exchange(ref _mayTellOfMissingHost, 0) == 1)
        {
            // On another thread, because a log provider may hang or throw.
            _ = Task.Run(logger.NoHostKeepsAlive);
        }
    }

    private void CheckStore(ITokenStore store, bool isChosen)
    {
        if (!isChosen && services.GetService<IHostEnvironment>() is { } host && !host.IsDevelopment())
        {
            throw new InvalidOperationException(
                $"No token store was chosen, and the environment is {host.EnvironmentName}: connections would live " +
                "in memory only, and a restart would lose every one. Call AddTokenStore or AddEntityFrameworkStore " +
                "on the builder that AddAirwallexOAuth returns; AddTokenStore<InMemoryTokenStore>() accepts the loss.");
        }

        if (store is not InMemoryTokenStore && services.GetService<IDataProtectionProvider>() is null)
        {
            throw new InvalidOperationException(
                $"The token store {store.GetType().Name} keeps encrypted tokens, but nothing encrypts them: call " +
                "services.AddDataProtection() of the package Microsoft.AspNetCore.DataProtection, and persist its " +
                "keys where all instances read them.");
        }
    }

    private void Tell(bool isChosen, bool wantsKeepAlive)
    {
        if (!isChosen)
        {
            // On another thread, because a log provider may hang or throw.
            _ = Task.Run(logger.StoreInMemory);
        }

        if (wantsKeepAlive)
        {
            Volatile.Write(ref _mayTellOfMissingHost, 1);
        }

        if (services.GetService<IHostApplicationLifetime>() is null)
        {
            UsedWithoutHost();
        }
    }
}
