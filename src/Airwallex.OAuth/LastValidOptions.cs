using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// Makes the options, and makes sure that a slip in a changed configuration stops nothing: what cannot be used is reported, and the options
/// before the change stay in force. At start there is nothing before it, and the host does not start.
/// </summary>
internal sealed class LastValidOptions(
    IEnumerable<IConfigureOptions<AirwallexOAuthOptions>> setups,
    IEnumerable<IPostConfigureOptions<AirwallexOAuthOptions>> postConfigures,
    IEnumerable<IValidateOptions<AirwallexOAuthOptions>> validations,
    ILogger<LastValidOptions> logger) : IOptionsFactory<AirwallexOAuthOptions>
{
    private readonly OptionsFactory<AirwallexOAuthOptions> _factory = new(setups, postConfigures, validations);
    private volatile AirwallexOAuthOptions? _lastValid;

    public AirwallexOAuthOptions Create(string name)
    {
        try
        {
            return _lastValid = _factory.Create(name);
        }
        catch (Exception exception) when (_lastValid is not null && exception is OptionsValidationException or InvalidOperationException)
        {
            logger.ChangedOptionsRefused(exception);
            return _lastValid;
        }
    }
}
