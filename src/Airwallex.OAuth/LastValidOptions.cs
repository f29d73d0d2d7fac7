using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Makes the options, and makes sure that a slip in a changed configuration stops nothing: what cannot be used is
/// reported, and the options before the change stay in force. At start there is nothing before it, and the host does
/// not start.
/// </summary>
internal sealed class LastValidOptions(
    IEnumerable<IConfigureOptions<AirwallexOAuthOptions>> setups,
    IEnumerable<IPostConfigureOptions<AirwallexOAuthOptions>> postConfigures,
    IEnumerable<IValidateOptions<AirwallexOAuthOptions>> validations,
    IEnumerable<ApplicationRegistration> applications,
    ILogger<AirwallexConnections> logger) : IOptionsFactory<AirwallexOAuthOptions>
{
    private readonly OptionsFactory<AirwallexOAuthOptions> _factory = new(setups, postConfigures, validations);
    private readonly ConcurrentDictionary<string, AirwallexOAuthOptions> _lastValid = new();
    private readonly string[] _names = [.. applications.Select(application => application.Name)];

    public AirwallexOAuthOptions Create(string name)
    {
        try
        {
            var options = _factory.Create(name);
            EnsureClientIdOfItsOwn(name, options);
            return _lastValid[name] = options;
        }
        catch (Exception exception) when (_lastValid.TryGetValue(name, out var lastValid))
        {
            // On another thread, because a log provider may hang or throw.
            _ = Task.Run(() => logger.ChangedOptionsNotUsable(ApplicationRegistration.Describe(name), exception));
            return lastValid;
        }
    }

    // Two names with one client id would be two keepers of the same connections.
    private void EnsureClientIdOfItsOwn(string name, AirwallexOAuthOptions options)
    {
        var others = _names.Contains(name) ? _names.Where(other => other != name) : [];
        if (others.FirstOrDefault(other => ClientIdOf(other) == options.ClientId) is { } same)
        {
            throw new OptionsValidationException(name, typeof(AirwallexOAuthOptions),
            [
                $"ClientId '{options.ClientId}' of {ApplicationRegistration.Describe(name)} is also that of " +
                $"{ApplicationRegistration.Describe(same)}: give each application a client id of its own, or " +
                "register one.",
            ]);
        }
    }

    private string? ClientIdOf(string name)
    {
        try
        {
            return _factory.Create(name).ClientId;
        }
        catch (Exception) when (_lastValid.TryGetValue(name, out var lastValid))
        {
            return lastValid.ClientId;
        }
        catch (OptionsValidationException)
        {
            return null; // It is reported with the other application's own options.
        }
    }
}
