using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Sets the options of an application so that it is a client of the simulator, after whatever else sets them.
/// </summary>
internal sealed class SimulatorOptionsSetup(IEnumerable<SimulatedApplication> applications, IServiceProvider services)
    : IPostConfigureOptions<AirwallexOAuthOptions>
{
    private static readonly string[] s_scopes =
        ["r:awx_action:balances_view", "r:awx_action:settings.account_details_view"];

    public void PostConfigure(string? name, AirwallexOAuthOptions options)
    {
        name ??= Options.DefaultName;
        var application = applications.LastOrDefault(one => one.Name == name)
            ?? applications.LastOrDefault(one => one.Name is null);
        if (application is null)
        {
            return;
        }

        var simulator = application.Simulator;
        var client = application.Client ?? simulator.Server.ClientOf(name);
        options.ClientId = client.ClientId;
        options.ClientSecret = client.ClientSecret;
        options.AuthorizeEndpoint = simulator.AuthorizeEndpoint;
        options.TokenEndpoint = simulator.TokenEndpoint;
        options.ApiBaseAddress = simulator.ApiBaseAddress;
        if (options.Scopes is not { Count: > 0 })
        {
            options.Scopes = [.. s_scopes];
        }

        SetRedirectUri(name, options, client);
    }

    private void SetRedirectUri(string name, AirwallexOAuthOptions options, SimulatedClient client)
    {
        if (options.RedirectUri is { IsAbsoluteUri: true } configured)
        {
            client.AllowRedirectUri(configured);
        }
        else if (HasConnectFlow(name))
        {
            // The flow takes it from the request, as the browser names the host.
            client.AllowLoopbackRedirectUris();
        }
        else
        {
            options.RedirectUri ??= client.RedirectUris is [var first, ..] ? first : null;
        }
    }

    // The connect flow is an authentication scheme. The package that adds it is not known here.
    private bool HasConnectFlow(string name) => services.GetService<IOptions<AuthenticationOptions>>() is { } options
        && options.Value.SchemeMap.ContainsKey(name.Length == 0 ? "Airwallex" : $"Airwallex:{name}");
}
