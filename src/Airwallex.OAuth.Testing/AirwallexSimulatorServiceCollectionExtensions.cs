using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Testing;

/// <summary>Points a program at an <see cref="AirwallexSimulator"/> instead of at Airwallex.</summary>
public static class AirwallexSimulatorServiceCollectionExtensions
{
    /// <summary>
    /// Lets every application that <c>AddAirwallexOAuth</c> registers talk to the simulator: endpoints, client id,
    /// client secret and clock. The application without a name is <see cref="AirwallexSimulator.DefaultClient"/>; one
    /// named <c>eu</c> gets a client of its own, <c>simulated-client-id-eu</c>. Call it anywhere before or after
    /// <c>AddAirwallexOAuth</c>, such as in <c>ConfigureTestServices</c>.
    /// </summary>
    /// <remarks>
    /// <para>A redirect URI and scopes that the program sets are kept, and the redirect URI is whitelisted. Without
    /// one, any loopback redirect URI of a connect flow is allowed, and a program without a connect flow gets the first
    /// of the client. Without scopes, the two that read balances and account details are set.</para>
    /// <para>A simulator that listens on no port is reached in memory: it becomes the primary handler of the token
    /// client and of every client with <c>AddAirwallexToken</c>. Other clients of the program stay as they are.</para>
    /// <para>The simulator's clock becomes the program's <see cref="TimeProvider"/>, unless it is the system's.</para>
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="simulator">The simulator. One plays all applications of a program.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="InvalidOperationException">Another simulator is in use by these services.</exception>
    public static IServiceCollection UseAirwallexSimulator(
        this IServiceCollection services, AirwallexSimulator simulator)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(simulator);
        return Use(services, new SimulatedApplication(simulator, Name: null, Client: null));
    }

    /// <summary>The same, with the client that a named application is to be.</summary>
    /// <param name="services">The services.</param>
    /// <param name="simulator">The simulator. One plays all applications of a program.</param>
    /// <param name="name">The name of the application, as in <c>AddAirwallexOAuth(name, …)</c>.</param>
    /// <param name="client">A client of the simulator; see <see cref="AirwallexSimulator.AddClient"/>.</param>
    /// <returns>The services, for further calls.</returns>
    /// <exception cref="ArgumentException">The simulator does not know the client.</exception>
    /// <exception cref="InvalidOperationException">Another simulator is in use by these services.</exception>
    public static IServiceCollection UseAirwallexSimulator(
        this IServiceCollection services, AirwallexSimulator simulator, string name, SimulatedClient client)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(simulator);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(client);
        return simulator.Server.FindClient(client.ClientId) == client
            ? Use(services, new SimulatedApplication(simulator, name, client))
            : throw new ArgumentException($"The client {client} belongs to another simulator.", nameof(client));
    }

    private static IServiceCollection Use(IServiceCollection services, SimulatedApplication application)
    {
        if (services.Any(service =>
            service.ImplementationInstance is SimulatedApplication other && other.Simulator != application.Simulator))
        {
            throw new InvalidOperationException(
                "These services use another simulator already. One simulator plays all applications of a program: " +
                "give each a client of its own with AddClient.");
        }

        services.AddSingleton(application);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<AirwallexOAuthOptions>, SimulatorOptionsSetup>());
        if (!application.Simulator.IsListening)
        {
            services.TryAddEnumerable(
                ServiceDescriptor.Singleton<IHttpMessageHandlerBuilderFilter, SimulatorHandlerFilter>());
        }

        if (application.Simulator.TimeProvider != TimeProvider.System)
        {
            services.Replace(ServiceDescriptor.Singleton(application.Simulator.TimeProvider));
        }

        return services;
    }
}
