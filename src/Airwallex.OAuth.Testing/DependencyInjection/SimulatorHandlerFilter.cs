using Microsoft.Extensions.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Leads the library's HTTP clients to the simulator in memory: the token clients, and clients that carry access
/// tokens. It runs after every other configuration of a client, whichever was registered first.
/// </summary>
internal sealed class SimulatorHandlerFilter(IEnumerable<SimulatedApplication> applications)
    : IHttpMessageHandlerBuilderFilter
{
    private const string NamesOfTheLibrary = "Airwallex.OAuth.";

    private readonly AirwallexSimulator _simulator = applications.First().Simulator;

    public Action<HttpMessageHandlerBuilder> Configure(Action<HttpMessageHandlerBuilder> next) => builder =>
    {
        next(builder);
        if (IsOfTheLibrary(builder))
        {
            builder.PrimaryHandler = _simulator.CreateHandler();
        }
    };

    private static bool IsOfTheLibrary(HttpMessageHandlerBuilder builder) =>
        (builder.Name?.StartsWith(NamesOfTheLibrary, StringComparison.Ordinal) ?? false)
        || builder.AdditionalHandlers.Any(
            handler => handler.GetType().Assembly == typeof(AirwallexConnections).Assembly);
}
