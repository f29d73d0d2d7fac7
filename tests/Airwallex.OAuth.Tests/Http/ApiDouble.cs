using System.Collections.Concurrent;
using System.Net;
using Airwallex.OAuth.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>An API that keeps each request it gets and answers as a test says; the token endpoint stays the simulator's.</summary>
internal sealed class ApiDouble
{
    public ConcurrentQueue<Request> Requests { get; } = new();

    public Func<Request, HttpStatusCode> Answer { get; set; } = static _ => HttpStatusCode.OK;

    public TestApp NewApp(Action<IServiceCollection>? services = null, Action<AirwallexOAuthOptions>? configure = null) => new(configure, services)
    {
        Network = airwallex =>
        {
            var wire = new HttpMessageInvoker(airwallex);
            return new Network(async (message, cancellationToken) =>
            {
                if (message.RequestUri!.AbsolutePath == "/oauth/token")
                {
                    return await wire.SendAsync(message, cancellationToken);
                }

                var body = new MemoryStream();
                if (message.Content is { } content)
                {
                    await content.CopyToAsync(body, cancellationToken); // As a connection does: each time anew.
                }

                var request = new Request(
                    message.RequestUri, message.Headers.Authorization?.Scheme, message.Headers.Authorization?.Parameter,
                    message.Headers.TryGetValues("x-api-version", out var version) ? version.Single() : null,
                    message.Headers.UserAgent.ToString(), System.Text.Encoding.UTF8.GetString(body.ToArray()));
                Requests.Enqueue(request);
                return new HttpResponseMessage(Answer(request)) { RequestMessage = message };
            });
        },
    };

    internal sealed record Request(Uri Address, string? Scheme, string? Token, string? Version, string UserAgent, string Body)
    {
        public string Path => Address.AbsolutePath;
    }
}
