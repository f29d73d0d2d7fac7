using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Refuses to start, before the server listens and once every endpoint is mapped, with a flow that could not work.
/// Warns once the server listens when the redirect URI can hardly be made from its requests.
/// </summary>
internal sealed class ConnectFlowStartCheck(ConnectFlow flow, ILogger<ConnectFlowStartCheck> logger) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        next(app);
        flow.Check();
        app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted
            .Register(() => WarnOfPlainHttp(app));
    };

    // Behind a proxy, a server that listens on http alone takes every request for http, unless the proxy's headers are
    // read. UseForwardedHeaders with options of its own cannot be seen from here, so this is no more than a warning.
    private void WarnOfPlainHttp(IApplicationBuilder app)
    {
        var listensOn = app.ServerFeatures.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var forwarded = app.ApplicationServices.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value;
        if (flow.Airwallex.RedirectUri is null
            && listensOn.Count > 0
            && listensOn.All(IsPublicHttp)
            && !forwarded.ForwardedHeaders.HasFlag(ForwardedHeaders.XForwardedProto))
        {
            logger.RedirectUriMayNotBeHttps(string.Join(", ", listensOn));
        }
    }

    private static bool IsPublicHttp(string address)
    {
        var binding = BindingAddress.Parse(address);
        return binding.Scheme == Uri.UriSchemeHttp
            && !binding.IsUnixPipe
            && binding.Host is not ("localhost" or "127.0.0.1" or "[::1]");
    }
}
