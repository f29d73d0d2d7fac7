namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>A portal behind a reverse proxy that strips a prefix and says so by X-Forwarded headers.</summary>
#pragma warning disable CA1001 // xunit disposes of it, by IAsyncLifetime.
public sealed class ProxiedPortalFixture : PortalFixture
#pragma warning restore CA1001
{
    private PrefixProxy? _proxy;

    public override Uri Address => new(_proxy!.Address, "/shop/");

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        if (File.Exists(BrowserFactAttribute.ChromiumPath))
        {
            _proxy = await new PrefixProxy("/shop", new ToPortal(PortalAddress), forwards: true)
                .StartAsync(onKestrel: true);
        }
    }

    public override async Task DisposeAsync()
    {
        // First what is open through the proxy.
        await base.DisposeAsync();
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>The internal name leads to the portal.</summary>
    private sealed class ToPortal(Uri portal) : DelegatingHandler(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.RequestUri = new Uri(portal, request.RequestUri!.PathAndQuery);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
