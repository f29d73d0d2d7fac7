using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Airwallex.OAuth.Testing;

/// <summary>Makes an <see cref="AirwallexSimulator"/> part of an ASP.NET Core app.</summary>
public static class AirwallexSimulatorEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>/oauth/authorize</c>, <c>/oauth/token</c> and <c>/api/v1/</c> to the simulator. Its
    /// <see cref="AirwallexSimulator.BaseAddress"/> does not know of the app: point clients at the app's own address.
    /// </summary>
    /// <param name="endpoints">The app.</param>
    /// <param name="simulator">The simulator.</param>
    /// <returns>The app, to go on.</returns>
    public static IEndpointRouteBuilder MapAirwallexSimulator(
        this IEndpointRouteBuilder endpoints, AirwallexSimulator simulator)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(simulator);
        endpoints.Map(SimulatorEndpoints.AuthorizePath, simulator.HandleAsync);
        endpoints.Map(SimulatorEndpoints.TokenPath, simulator.HandleAsync);
        endpoints.Map(SimulatorEndpoints.ApiPath + "/{**resource}", simulator.HandleAsync);
        return endpoints;
    }
}
