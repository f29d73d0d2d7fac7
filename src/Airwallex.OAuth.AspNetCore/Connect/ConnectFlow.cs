using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// The web half of one application: its options, the addresses of its endpoints, what protects its state, and how the
/// flows of this process ended. Thread-safe.
/// </summary>
internal sealed class ConnectFlow
{
    public const string Callback = "/callback";
    public const string Connect = "/connect";

    private readonly IOptionsMonitor<ConnectFlowOptions> _options;
    private readonly IOptionsMonitor<AirwallexOAuthOptions> _airwallex;
    private readonly LinkGenerator _links;
    private int _mapped;

    public ConnectFlow(string applicationName, IServiceProvider services)
    {
        ApplicationName = applicationName;
        _options = services.GetRequiredService<IOptionsMonitor<ConnectFlowOptions>>();
        _airwallex = services.GetRequiredService<IOptionsMonitor<AirwallexOAuthOptions>>();
        _links = services.GetRequiredService<LinkGenerator>();
        Connections = applicationName.Length == 0
            ? services.GetRequiredService<AirwallexConnections>()
            : services.GetRequiredKeyedService<AirwallexConnections>(applicationName);
        var protector = services.GetRequiredService<IDataProtectionProvider>()
            .CreateProtector("Airwallex.OAuth.AspNetCore.ConnectFlow", "v2", applicationName);
        States = new PropertiesDataFormat(protector);
        ReturnUrls = protector.CreateProtector("return URL");
    }

    public string ApplicationName { get; }

    public AirwallexConnections Connections { get; }

    public ConnectFlowOptions Options => _options.Get(ApplicationName);

    public AirwallexOAuthOptions Airwallex => _airwallex.Get(ApplicationName);

    /// <summary>Encrypts and authenticates the state that travels over Airwallex.</summary>
    public ISecureDataFormat<AuthenticationProperties> States { get; }

    /// <summary>Encrypts and authenticates where a flow ended, for its cookie.</summary>
    public IDataProtector ReturnUrls { get; }

    public ConnectOutcomes Outcomes { get; } = new();

    /// <summary>The name of the callback's endpoint, by which its address is found whatever group it is in.</summary>
    public string CallbackEndpoint => $"Airwallex callback {ApplicationName}".TrimEnd();

    private string Described => ApplicationName.Length == 0
        ? "the application without a name"
        : $"the application '{ApplicationName}'";

    private string MapArguments =>
        ApplicationName.Length == 0 ? "" : $"\"/{ApplicationName}/airwallex\", \"{ApplicationName}\"";

    public static string Missing(string applicationName) => applicationName.Length == 0
        ? "There is no connect flow: call services.AddAirwallexOAuth(…).AddConnectFlow()."
        : $"The application \"{applicationName}\" has no connect flow: call " +
            $"services.AddAirwallexOAuth(\"{applicationName}\", …)"
            + ".AddConnectFlow().";

    /// <returns>False when its endpoints are mapped already.</returns>
    public bool TryMap() => Interlocked.Exchange(ref _mapped, 1) == 0;

    /// <summary>Refuses, at start, what could never bring a customer back.</summary>
    public void Check()
    {
        var options = Airwallex;
        if (options.Scopes.Count == 0)
        {
            throw new InvalidOperationException(
                $"AirwallexOAuthOptions.Scopes of {Described} is empty: set the scopes that the connect flow asks " +
                    "customers for.");
        }

        if (options.RedirectUri is { } redirectUri)
        {
            PublicBase(redirectUri);
        }
        else
        {
            // It is made of this path and of what each request says.
            CallbackPath();
        }
    }

    /// <summary>
    /// Where Airwallex is to send the customer back to: as configured, or else the callback's address on this site.
    /// </summary>
    public Uri RedirectUri(HttpRequest request)
    {
        if (Airwallex.RedirectUri is { } configured)
        {
            return configured;
        }

        var callback = PathString.FromUriComponent(CallbackPath());
        var redirectUri = new Uri(UriHelper.BuildAbsolute(request.Scheme, request.Host, request.PathBase, callback));
        return redirectUri.Scheme == Uri.UriSchemeHttps || redirectUri.IsLoopback
            ? redirectUri
            : throw new InvalidOperationException(
                $"By this request, the redirect URI would be {redirectUri}, which is not https. Behind a proxy, set "
                + "AirwallexOAuthOptions.RedirectUri to the address that Airwallex knows, or use forwarded headers.");
    }

    /// <summary>
    /// What the public addresses of the endpoints begin with: the path base, and what a proxy strips.
    /// </summary>
    /// <exception cref="InvalidOperationException">The redirect URI does not lead to the callback.</exception>
    public string PublicBase(Uri redirectUri) =>
        TryPublicBase(redirectUri, out var callback) ?? throw new InvalidOperationException(
        $"AirwallexOAuthOptions.RedirectUri is {redirectUri}, but MapAirwallexOAuth serves the callback at " +
            $"{callback}: customers would "
        + $"come back to a page that does not exist. The path of the redirect URI must end with {callback}, upper " +
            $"and lower case "
        + "included.");

    /// <summary>The application's root, for a page that knows nothing better.</summary>
    public string Root(HttpRequest request) =>
        ((Airwallex.RedirectUri is { } configured ? TryPublicBase(configured, out _) : null)
            ?? request.PathBase.ToUriComponent()) + "/";

    /// <summary>What customers call this site.</summary>
    public string Host(HttpRequest request) => Airwallex.RedirectUri?.Host ?? request.Host.Host;

    private string? TryPublicBase(Uri redirectUri, out string callback)
    {
        callback = Uri.UnescapeDataString(CallbackPath());
        var path = Uri.UnescapeDataString(redirectUri.AbsolutePath);
        return path.EndsWith(callback, StringComparison.Ordinal)
            ? new PathString(path[..^callback.Length]).ToUriComponent()
            : null;
    }

    private string CallbackPath()
    {
        if (_mapped == 0)
        {
            throw new InvalidOperationException(
                $"The endpoints of the connect flow of {Described} are not mapped, so customers could not come back: " +
                    $"call app.MapAirwallexOAuth({MapArguments}), or leave out AddConnectFlow.");
        }

        var asMapped = new LinkOptions { LowercaseUrls = false, AppendTrailingSlash = false };
        var path = _links.GetPathByName(CallbackEndpoint, values: null, options: asMapped);
        return path ?? throw new InvalidOperationException(
            "The path that MapAirwallexOAuth serves the callback at has route parameters, but Airwallex knows fixed " +
                "redirect URIs only: "
            + "map the endpoints under a fixed path.");
    }
}
