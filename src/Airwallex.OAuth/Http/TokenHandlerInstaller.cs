using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;

namespace Airwallex.OAuth;

/// <summary>
/// What <c>AddAirwallexToken</c> does to the options of a client: the base address and the handler. A client has one:
/// the last call counts, and one for all clients counts less than one for this client.
/// </summary>
internal sealed class TokenHandlerInstaller(IServiceProvider services, string application, AccountSelector? selector)
{
    /// <summary>The application whose tokens the client carries.</summary>
    public string Application { get; } = application;

    /// <summary>The installer of a client; null when it carries no tokens.</summary>
    public static TokenHandlerInstaller? Find(HttpClientFactoryOptions options) =>
        options.HttpMessageHandlerBuilderActions
            .Select(action => action.Target as TokenHandlerInstaller)
            .LastOrDefault(installer => installer is not null);

    public static void RemoveFrom(HttpClientFactoryOptions options)
    {
        Remove(options.HttpClientActions);
        Remove(options.HttpMessageHandlerBuilderActions);
    }

    public void AddTo(HttpClientFactoryOptions options)
    {
        RemoveFrom(options);
        options.HttpClientActions.Add(SetBaseAddress);
        options.HttpMessageHandlerBuilderActions.Add(AddHandler);
    }

    private void SetBaseAddress(HttpClient client) => client.BaseAddress ??= Api(services).HandOutBaseAddress();

    private void AddHandler(HttpMessageHandlerBuilder builder) =>
        builder.AdditionalHandlers.Add(new AirwallexTokenHandler(Api(builder.Services), selector));

    private ApiAddress Api(IServiceProvider provider)
    {
        var applications = provider.GetService<AirwallexApplications>() ?? throw new InvalidOperationException(
            "AddAirwallexToken needs services.AddAirwallexOAuth(…): call it once, in any order.");
        applications.EnsureExists(Application);
        return provider.GetRequiredKeyedService<ApiAddress>(Application);
    }

    private static void Remove<T>(IList<Action<T>> actions)
    {
        for (var i = actions.Count - 1; i >= 0; i--)
        {
            if (actions[i].Target is TokenHandlerInstaller)
            {
                actions.RemoveAt(i);
            }
        }
    }
}
