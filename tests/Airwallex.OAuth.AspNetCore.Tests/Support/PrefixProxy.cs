using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.AspNetCore.Tests;

/// <summary>
/// A small reverse proxy in front of an application, as nginx is: it takes everything below a prefix, strips the
/// prefix, and speaks http to the application under an internal name.
/// </summary>
/// <param name="prefix">Such as <c>/shop</c>.</param>
/// <param name="application">Leads to the application.</param>
/// <param name="forwards">Whether it says by X-Forwarded headers what it did.</param>
internal sealed class PrefixProxy(string prefix, HttpMessageHandler application, bool forwards) : IAsyncDisposable
{
    private readonly HttpMessageInvoker _application = new(application);
    private WebApplication? _proxy;

    public Uri Address => new(_proxy!.Urls.First());

    public HttpMessageHandler CreateHandler() => _proxy!.GetTestServer().CreateHandler();

    public async Task<PrefixProxy> StartAsync(bool onKestrel = false)
    {
        // Without watching files: every watcher is one of few that a machine has.
        var builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        if (onKestrel)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        _proxy = builder.Build();
        _proxy.Run(ForwardAsync);
        await _proxy.StartAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await (_proxy?.DisposeAsync() ?? ValueTask.CompletedTask);
        _application.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments(prefix, StringComparison.Ordinal, out var rest))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method), new Uri(
                "http://10.0.0.7:8080" + rest.ToUriComponent() + context.Request.QueryString));
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers)
        {
            if (name is not "Host" && !request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        if (forwards)
        {
            request.Headers.Add("X-Forwarded-Host", context.Request.Host.Value);
            request.Headers.Add("X-Forwarded-Proto", context.Request.Scheme);
            request.Headers.Add("X-Forwarded-Prefix", prefix);
        }

        using var response = await _application.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            if (name is not "Transfer-Encoding")
            {
                context.Response.Headers.Append(name, values.ToArray());
            }
        }

        await response.Content.CopyToAsync(context.Response.Body);
    }
}
