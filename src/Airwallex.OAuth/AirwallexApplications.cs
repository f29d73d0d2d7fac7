using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Every application of this process, in the order of registration. Each is made when first asked for.
/// </summary>
internal sealed class AirwallexApplications(
    IServiceProvider services, IEnumerable<ApplicationRegistration> registrations)
{
    private readonly string[] _names = [.. registrations.Select(registration => registration.Name)];

    private IReadOnlyList<AirwallexApplication>? _all;

    /// <summary>All of them; makes those that nobody has asked for yet.</summary>
    public IReadOnlyList<AirwallexApplication> All => _all ??= [.. _names.Select(Get)];

    /// <summary>Whether a client id is that of one of them.</summary>
    /// <param name="clientId">The client id.</param>
    public bool HasClient(string clientId) =>
        Array.Exists(_names, name =>
            services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>().Get(name).ClientId == clientId);

    /// <summary>The application of a name, empty for the one without.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidOperationException">No application has the name.</exception>
    public AirwallexApplication Get(string name)
    {
        EnsureExists(name);
        return services.GetRequiredKeyedService<AirwallexApplication>(name);
    }

    /// <summary>Says what to register when no application has the name.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="InvalidOperationException">No application has the name.</exception>
    public void EnsureExists(string name)
    {
        if (!_names.Contains(name))
        {
            var argument = name == Options.DefaultName ? "" : $"\"{name}\", ";
            throw new InvalidOperationException(
                $"There is no {ApplicationRegistration.Describe(name)["the ".Length..]}: call " +
                $"services.AddAirwallexOAuth({argument}…), or use one that is registered ({Registered()}).");
        }
    }

    private string Registered() => string.Join(", ", _names.Select(name => name.Length == 0 ? "without a name" : name));
}
