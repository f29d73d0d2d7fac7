using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Makes the options of each application, and makes sure that a slip in a changed configuration stops nothing: what
/// cannot be used is reported, and the options before the change stay in force. At start there is nothing before it,
/// and the host does not start.
/// </summary>
/// <remarks>
/// Webhook secrets are always those of the change. A secret may have been removed because somebody learned it, so a
/// slip in another setting must not keep it. A webhook that is refused meanwhile is delivered again for three days.
/// </remarks>
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
#pragma warning disable CA1031 // What configures the options is foreign code, which may throw anything.
        catch (Exception exception) when (_lastValid.ContainsKey(name))
#pragma warning restore CA1031
        {
            var secrets = UsableSecrets(name);
            // On another thread, because a log provider may hang or throw.
            _ = Task.Run(() => logger.ChangedOptionsRefused(secrets.Length, exception));
            var lastValid = _lastValid[name];
            return new ConnectFlowOptions
            {
                StateLifetime = lastValid.StateLifetime,
                UsePkce = lastValid.UsePkce,
                OnConnecting = lastValid.OnConnecting,
                OnConnected = lastValid.OnConnected,
                OnFailed = lastValid.OnFailed,
                Webhooks =
                {
                    Secrets = secrets,
                    MaxAge = lastValid.Webhooks.MaxAge,
                    OnEvent = lastValid.Webhooks.OnEvent,
                },
            };
        }
    }

    // Every step has its turn, whatever another one threw.
    private string[] UsableSecrets(string name)
    {
        var changed = new ConnectFlowOptions();
        foreach (var setup in setups)
        {
            Try(() =>
            {
                if (setup is IConfigureNamedOptions<ConnectFlowOptions> named)
                {
                    named.Configure(name, changed);
                }
                else if (name == Options.DefaultName)
                {
                    setup.Configure(changed);
                }
            });
        }

        foreach (var postConfigure in postConfigures)
        {
            Try(() => postConfigure.PostConfigure(name, changed));
        }

        return [.. (changed.Webhooks.Secrets ?? []).Where(ConnectFlowOptionsValidator.IsUsable)];
    }

    private static void Try(Action step)
    {
        try
        {
            step();
        }
#pragma warning disable CA1031 // The first exception is already being reported.
        catch (Exception)
#pragma warning restore CA1031
        {
        }
    }
}
