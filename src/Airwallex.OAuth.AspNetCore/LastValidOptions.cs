using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Makes the options of each application, and makes sure that a slip in a changed configuration stops nothing: what
/// cannot be used is reported, and the options before the change stay in force. At start there is nothing before it,
/// and the host does not start.
/// </summary>
internal sealed class LastValidOptions(
    IEnumerable<IConfigureOptions<ConnectFlowOptions>> setups,
    IEnumerable<IPostConfigureOptions<ConnectFlowOptions>> postConfigures,
    IEnumerable<IValidateOptions<ConnectFlowOptions>> validations,
    ILogger<LastValidOptions> logger) : IOptionsFactory<ConnectFlowOptions>
{
    private readonly OptionsFactory<ConnectFlowOptions> _factory = new(setups, postConfigures, validations);
    private readonly ConcurrentDictionary<string, ConnectFlowOptions> _lastValid = new(StringComparer.Ordinal);

    public ConnectFlowOptions Create(string name)
    {
        try
        {
            return _lastValid[name] = _factory.Create(name);
        }
        catch (Exception exception)
            when (exception is OptionsValidationException or InvalidOperationException && _lastValid.ContainsKey(name))
        {
            logger.ChangedOptionsRefused(exception);
            return _lastValid[name];
        }
    }
}
