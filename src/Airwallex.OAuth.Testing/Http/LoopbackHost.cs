using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Kestrel on a loopback port, and nothing else: no host builder, so that it reads no settings of the program it runs
/// in, logs nothing and leaves Ctrl+C to that program.
/// </summary>
internal sealed class LoopbackHost : IAsyncDisposable
{
    private readonly KestrelServer _kestrel;

    private LoopbackHost(KestrelServer kestrel) => _kestrel = kestrel;

    public Uri Address => new(_kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    public static async Task<LoopbackHost> StartAsync(
        int port, RequestDelegate endpoints, CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Listen(IPAddress.Loopback, port);
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var kestrel = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        try
        {
            await kestrel.StartAsync(new Application(endpoints), cancellationToken).ConfigureAwait(false);
            return new LoopbackHost(kestrel);
        }
        catch
        {
            kestrel.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A request that a fault holds back would hold back the stop as well: what is open is cut off at once.
        await _kestrel.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _kestrel.Dispose();
    }

    private sealed class Application(RequestDelegate endpoints) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);
        public Task ProcessRequestAsync(HttpContext context) => endpoints(context);
        public void DisposeContext(HttpContext context, Exception? exception) { }
    }
}
