using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Airwallex.OAuth.Benchmarks.Peers;
using Google.Apis.Http;

namespace Airwallex.OAuth.Benchmarks.Scenarios;

/// <summary>10,000 callers at once whose token has expired, and a token endpoint that takes 200 ms.</summary>
internal static class ExpiryScenario
{
    private const int Callers = 10_000;
    private const int Rounds = 5;

    private static readonly TimeSpan s_endpoint = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync()
    {
        Console.WriteLine(
            $"{Callers} callers at expiry, endpoint {s_endpoint.TotalMilliseconds} ms, median of {Rounds} rounds");
        Console.WriteLine("| peer | token requests | last caller | of the endpoint's time |");
        Console.WriteLine("|---|---|---|---|");
        await ReportAsync("the endpoint alone", static async () =>
        {
            await Task.Delay(s_endpoint);
            return (static () => Task.CompletedTask, static () => 1);
        }, isBaseline: true);
        await ReportAsync("Airwallex.OAuth", AirwallexAsync);
        await ReportAsync("Google.Apis.Auth", GoogleAsync);
        await ReportAsync("Azure.Core", AzureAsync);
        await ReportAsync("Microsoft.Identity.Client", MsalAsync);
    }

    private static async Task<(Func<Task> Call, Func<int> Requests)> AirwallexAsync()
    {
        var peer = new AirwallexPeer(async number =>
        {
            await Task.Delay(number == 1 ? TimeSpan.Zero : s_endpoint);
            return Tokens.ResponseWith("acct_one", number == 1 ? 1 : 3_600);
        });
        await peer.ConnectAsync("acct_one");
        await Task.Delay(1_100);
        return (() => peer.Connections.GetAccessTokenAsync("acct_one"), () => peer.TokenRequests - 1);
    }

    private static Task<(Func<Task> Call, Func<int> Requests)> GoogleAsync()
    {
        var endpoint = new GoogleEndpoint();
        var credential = GoogleAuth.CreateCredential(endpoint, DateTime.UtcNow.AddHours(-2));
        return Task.FromResult<(Func<Task>, Func<int>)>(
            (() => credential.GetAccessTokenForRequestAsync(), () => endpoint.Requests));
    }

    private static Task<(Func<Task> Call, Func<int> Requests)> AzureAsync()
    {
        var credential = new SlowCredential();
        var send = AzureCore.CreateShared(new Network(), credential);
        return Task.FromResult<(Func<Task>, Func<int>)>((send, () => credential.Requests));
    }

    private static Task<(Func<Task> Call, Func<int> Requests)> MsalAsync()
    {
        var requests = 0;
        var application = MicrosoftIdentity.CreateApplication(
            async () =>
            {
                Interlocked.Increment(ref requests);
                await Task.Delay(s_endpoint);
            },
            expiresIn: 3_600);
        return Task.FromResult<(Func<Task>, Func<int>)>(
            (() => MicrosoftIdentity.AskAsync(application), () => requests));
    }

    private static async Task ReportAsync(
        string name, Func<Task<(Func<Task> Call, Func<int> Requests)>> setUp, bool isBaseline = false)
    {
        var times = new List<double>();
        var requests = new List<int>();
        for (var round = 0; round < Rounds; round++)
        {
            var startedAt = Stopwatch.GetTimestamp();
            var (call, count) = await setUp();
            if (!isBaseline)
            {
                startedAt = Stopwatch.GetTimestamp();
                await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(call)));
            }

            times.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            requests.Add(count());
        }

        times.Sort();
        var median = times[Rounds / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {requests.Min()} to {requests.Max()} | {median:0} ms ({times[0]:0} to {times[^1]:0}) | " +
            $"{median / s_endpoint.TotalMilliseconds:0.00} |"));
    }

    private sealed class SlowCredential : Azure.Core.TokenCredential
    {
        private int _requests;

        public int Requests => _requests;

        public override Azure.Core.AccessToken GetToken(
            Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken) =>
                throw new NotSupportedException();

        public override async ValueTask<Azure.Core.AccessToken> GetTokenAsync(
            Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            await Task.Delay(s_endpoint, cancellationToken);
            return new(Tokens.Access, DateTimeOffset.UtcNow.AddHours(1));
        }
    }

    private sealed class GoogleEndpoint : HttpMessageHandler, Google.Apis.Http.IHttpClientFactory
    {
        private int _requests;

        public int Requests => _requests;

        public ConfigurableHttpClient CreateHttpClient(CreateHttpClientArgs args) =>
            new(new ConfigurableMessageHandler(this));

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            await Task.Delay(s_endpoint, cancellationToken);
            var body = $$"""{"access_token":"{{Tokens.Access}}","expires_in":3600,"token_type":"Bearer"}""";
            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent(
                body, Encoding.UTF8, "application/json")
            };
        }
    }
}
