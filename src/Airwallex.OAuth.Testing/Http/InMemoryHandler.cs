using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Carries requests to the simulator without a socket. A broken connection looks to the caller as it does on a real one.
/// Holds no state of its own: any number of them, or one shared, is the same.
/// </summary>
internal sealed class InMemoryHandler(RequestDelegate endpoints) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A network never completes at once; callers who rely on that would only find out in production.
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();

        using var body = new MemoryStream();
        var connection = new Connection { RequestAborted = cancellationToken };
        var context = await ToHttpContextAsync(request, body, connection, cancellationToken).ConfigureAwait(false);
        try
        {
            await endpoints(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller is told below, with its own token.
        }
        cancellationToken.ThrowIfCancellationRequested();
        return connection.Broken
            ? throw new HttpRequestException(
                HttpRequestError.ResponseEnded,
                "An error occurred while sending the request: the simulated connection was broken.",
                new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely."))
            : ToResponse(request, context.Response, body.ToArray());
    }

    private static async Task<HttpContext> ToHttpContextAsync(
        HttpRequestMessage message, MemoryStream responseBody, Connection connection, CancellationToken cancellationToken)
    {
        var uri = message.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        var request = context.Request;
        request.Method = message.Method.Method;
        request.Scheme = uri.Scheme;
        request.Host = HostString.FromUriComponent(uri);
        request.Path = PathString.FromUriComponent(uri);
        request.QueryString = QueryString.FromUriComponent(uri);
        var headers = message.Content is null ? message.Headers : message.Headers.Concat(message.Content.Headers);
        foreach (var (name, values) in headers)
        {
            request.Headers[name] = values.ToArray();
        }
        if (message.Content is not null)
        {
            request.Body = new MemoryStream(await message.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
        }
        context.Response.Body = responseBody;
        return context;
    }

    private static HttpResponseMessage ToResponse(HttpRequestMessage request, HttpResponse response, byte[] body)
    {
        var message = new HttpResponseMessage((HttpStatusCode)response.StatusCode)
        {
            RequestMessage = request,
            Content = new ByteArrayContent(body),
        };
        foreach (var (name, values) in response.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                message.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }
        return message;
    }

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }
        public bool Broken { get; private set; }
        public void Abort() => Broken = true;
    }
}
