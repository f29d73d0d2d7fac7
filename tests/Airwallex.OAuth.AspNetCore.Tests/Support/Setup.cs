using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>What a test's application has beside the defaults of <see cref="ConnectApp"/>.</summary>
internal sealed class Setup
{
    private readonly EphemeralDataProtectionProvider _keys = new();

    /// <summary>Sets the flow's options.</summary>
    public Action<ConnectFlowOptions>? Flow { get; init; }

    /// <summary>Sets the options of the core; no redirect URI is set before.</summary>
    public Action<AirwallexOAuthOptions>? Options { get; init; }

    /// <summary>Adds services.</summary>
    public Action<IServiceCollection>? Services { get; init; }

    /// <summary>Builds the pipeline. Default: maps the flow's endpoints.</summary>
    public Action<WebApplication> Map { get; init; } = app => app.MapAirwallexOAuth();

    /// <summary>
    /// Where the section "Airwallex" comes from; what is not in it has the defaults of <see cref="ConnectApp"/>.
    /// </summary>
    public IConfigurationRoot? Configuration { get; init; }

    /// <summary>Prepares the simulated Airwallex.</summary>
    public Action<AirwallexSimulator>? Simulator { get; init; }

    /// <summary>
    /// Another instance of the same application: it shares Airwallex, clock, store and keys with that one.
    /// </summary>
    public ConnectApp? InstanceOf { get; init; }

    /// <summary>Listens on a port of the loopback interface, by the real clock, for a real browser.</summary>
    public bool OnKestrel { get; init; }

    /// <summary>Where it listens when it is on Kestrel. Default: a port of the loopback interface.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:0";

    /// <summary>The keys that instances share.</summary>
    public IDataProtectionProvider Keys => InstanceOf?.Keys ?? _keys;
}
