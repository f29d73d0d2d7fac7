using System.Diagnostics.CodeAnalysis;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Airwallex.OAuth.Benchmarks.Peers;

/// <summary>
/// Azure.Core's bearer token policy in a pipeline that holds nothing else, so that neither its retries nor its logging
/// count. Its own baseline is the same pipeline with a policy that sets a constant header.
/// </summary>
internal sealed class AzureCore : Client
{
    private readonly HttpPipeline _pipeline;
    private readonly HttpMessage _message;

    private AzureCore(Network network, HttpPipelinePolicy policy)
    {
        _pipeline = new HttpPipeline(new Transport(network), [policy]);
        _message = CreateMessage(_pipeline);
    }

    public static Client Create(Network network, TokenCredential? credential = null) =>
        new AzureCore(network, new BearerTokenAuthenticationPolicy(credential ?? new Credential(), "scope"));

    /// <summary>One pipeline that many callers share, each with a message of its own.</summary>
    public static Func<Task> CreateShared(Network network, TokenCredential credential)
    {
        var policy = new BearerTokenAuthenticationPolicy(credential, "scope");
        var pipeline = new HttpPipeline(new Transport(network), [policy]);
        return async () =>
        {
            using var message = CreateMessage(pipeline);
            await pipeline.SendAsync(message, CancellationToken.None);
        };
    }

    public static Client CreateBaseline(Network network) => new AzureCore(network, new ConstantHeaderPolicy());

    public override Task SendAsync()
    {
        var sending = _pipeline.SendAsync(_message, CancellationToken.None);
        return sending.IsCompletedSuccessfully ? Task.CompletedTask : sending.AsTask();
    }

    public override void Dispose()
    {
        _message.Dispose();
        base.Dispose();
    }

    private static HttpMessage CreateMessage(HttpPipeline pipeline)
    {
        var message = pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Get;
        message.Request.Uri.Reset(Tokens.Address);
        return message;
    }

    private sealed class ConstantHeaderPolicy : HttpPipelineSynchronousPolicy
    {
        private readonly string _header = "Bearer " + Tokens.Access;

        public override void OnSendingRequest(HttpMessage message) =>
            message.Request.Headers.SetValue("Authorization", _header);
    }

    private sealed class Credential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(Tokens.Access, DateTimeOffset.UtcNow.AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    private sealed class Transport(Network network) : HttpClientTransport
    {
        private readonly OkResponse _response = new();

        public override async ValueTask ProcessAsync(HttpMessage message)
        {
            await network.SendAsync();
            message.Response = _response;
        }
    }

    private sealed class OkResponse : Response
    {
        public override int Status => 200;

        public override string ReasonPhrase => "OK";

        public override Stream? ContentStream { get; set; }

        public override string ClientRequestId { get; set; } = "";

        public override void Dispose()
        {
        }

        protected override bool ContainsHeader(string name) => false;

        protected override IEnumerable<HttpHeader> EnumerateHeaders() => [];

        protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value) =>
            (value = null) is not null;

        protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values) =>
            (values = null) is not null;
    }
}

