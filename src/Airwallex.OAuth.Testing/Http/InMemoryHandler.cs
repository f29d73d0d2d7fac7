using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// Carries requests to the simulator without a socket. A broken connection looks to the caller as it does on a real
/// one. Holds no state of its own: any number of them, or one shared, is the same.
/// </summary>
internal sealed class InMemoryHandler(RequestDelegate endpoints) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A network never completes at once; callers who rely on that would only find out in production.
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();

        var body = new MemoryStream();
        var connection = new Connection { RequestAborted = cancellationToken };
        var context = await ToHttpContextAsync(request, body, connection, cancellationToken).ConfigureAwait(false);
        await ServeAsync(context, connection, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return connection switch
        {
            { Broken: true } when body.Length == 0 => throw BrokenBody.Exception(),
            { Broken: true } => ToResponse(request, context.Response, new BrokenBody(body.ToArray())),
            _ => ToResponse(request, context.Response, new ByteArrayContent(body.ToArray())),
        };
    }

    // Returns when the server is done, or works on without a client that has given up.
    private async Task ServeAsync(HttpContext context, Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            var served = endpoints(context);
            await (await Task.WhenAny(served, connection.Released).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller is told by its own token.
        }
    }

    private static async Task<HttpContext> ToHttpContextAsync(
        HttpRequestMessage message, MemoryStream responseBody, Connection connection,
        CancellationToken cancellationToken)
    {
        var uri = message.RequestUri ?? throw new InvalidOperationException("The request has no URI.");
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(connection);
        context.Features.Set<IAbandonedRequestFeature>(connection);
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
            var content = await message.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            request.Body = new MemoryStream(content);
        }

        context.Response.Body = responseBody;
        return context;
    }

    private static HttpResponseMessage ToResponse(
        HttpRequestMessage request, HttpResponse response, HttpContent content)
    {
        var message = new HttpResponseMessage((HttpStatusCode)response.StatusCode)
        {
            RequestMessage = request,
            Content = content,
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

    private sealed class Connection : IHttpRequestLifetimeFeature, IAbandonedRequestFeature
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken RequestAborted { get; set; }
        public bool Broken { get; private set; }
        public Task Released => _released.Task;
        public void Abort() => Broken = true;
        public void Release() => _released.TrySetResult();
    }

    /// <summary>The part of a body that arrived before the connection broke.</summary>
    private sealed class BrokenBody(byte[] arrived) : HttpContent
    {
        public static HttpRequestException Exception() => new(
            HttpRequestError.ResponseEnded,
            "An error occurred while sending the request: the simulated connection was broken.",
            new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely."));

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(arrived).ConfigureAwait(false);
            throw new HttpIOException(HttpRequestError.ResponseEnded, "The response ended prematurely.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
