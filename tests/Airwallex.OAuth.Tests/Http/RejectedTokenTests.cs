using System.Net;
using Airwallex.OAuth.Tests.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>401 from the API.</summary>
public sealed class RejectedTokenTests
{
    [Fact]
    public async Task A_hundred_rejected_calls_cost_one_refresh_and_all_succeed()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        var responses = await Task.WhenAll(
            Enumerable.Range(0, 100).Select(_ => Task.Run(() => program.ClientOf().GetAsync("api/v1/account"))));

        Assert.All(responses, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(1, program.Api.Refreshes);
    }

    [Theory]
    [InlineData(true, "Debug RejectedTokenReplaced")]
    [InlineData(false, "Debug RejectedTokenNotResent")]
    public async Task The_log_says_what_came_of_a_401(bool canBeSentTwice, string line)
    {
        var log = new Lines();
        await using var program = new ApiProgram(services => services.AddLogging(
            logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Debug)));
        await program.ConnectAsync();
        Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        await program.ClientOf().PostAsync("api/v1/account", canBeSentTwice
            ? new StringContent("body") : new StreamContent(new OneWayStream("body"u8.ToArray())));

        Assert.Contains(ApiProgram.Account, await log.NextAsync(line), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_somebody_has_already_replaced_costs_no_refresh()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        var old = ApiDouble.TokenOf(ApiProgram.Account);
        program.Api.Respond = request =>
        {
            if (request.Token != old)
            {
                return HttpStatusCode.OK;
            }

            // While the 401 is on its way.
            program.Connections.RefreshAsync(ApiProgram.Account).GetAwaiter().GetResult();
            return HttpStatusCode.Unauthorized;
        };

        using var response = await program.ClientOf().GetAsync("api/v1/account");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(1, program.Api.Refreshes);
    }

    [Fact]
    public async Task A_freshly_refreshed_token_that_is_rejected_again_is_not_refreshed_in_a_loop()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Api.Respond = _ => HttpStatusCode.Unauthorized;

        for (var call = 0; call < 20; call++)
        {
            using var response = await program.ClientOf().GetAsync("api/v1/account");
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        }

        Assert.Equal(1, program.Api.Refreshes);
        Assert.Equal(21, program.Api.Requests.Count);
    }

    [Fact]
    public async Task A_token_is_replaced_even_when_the_body_cannot_be_sent_again()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        using var first = await program.ClientOf().PostAsync(
            "api/v1/files", new StreamContent(new OneWayStream("the body"u8.ToArray())));
        using var next = await program.ClientOf().PostAsync(
            "api/v1/files", new StreamContent(new OneWayStream("the body"u8.ToArray())));

        Assert.Equal(HttpStatusCode.Unauthorized, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Equal(2, program.Api.Requests.Count);
        Assert.Equal(1, program.Api.Refreshes);
    }

    [Fact]
    public async Task The_response_that_rejected_a_token_is_disposed_of_when_another_takes_its_place()
    {
        var responses = new List<DisposalRecord>();
        await using var program = new ApiProgram(primary: api => new Recorder(responses, api.CreateHandler()));
        await program.ConnectAsync();
        Reject(program, ApiDouble.TokenOf(ApiProgram.Account));
        responses.Clear();

        await program.ClientOf().GetAsync("api/v1/account", HttpCompletionOption.ResponseHeadersRead);

        var rejection = responses.Single(response => response.Status == HttpStatusCode.Unauthorized);
        Assert.True(rejection.IsDisposed);
        Assert.False(
            responses.Single(response => response.Path == "/api/v1/account" && response != rejection).IsDisposed);
    }

    [Fact]
    public async Task A_rejection_whose_refresh_fails_is_told_as_the_failed_refresh()
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Api.Respond = _ => HttpStatusCode.Unauthorized;
        program.Api.RespondWithTokens = _ => HttpStatusCode.Forbidden;

        await Assert.ThrowsAsync<TokenRequestException>(() => program.ClientOf().GetAsync("api/v1/account"));
    }

    [Theory]
    [InlineData("replaced")]
    [InlineData("replaced_not_resent")]
    [InlineData("still_rejected")]
    [InlineData("not_replaced")]
    [InlineData("failed")]
    public async Task What_became_of_a_rejection_is_counted(string outcome)
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Api.Respond = request =>
            outcome is "still_rejected" or "not_replaced" || request.Token == ApiDouble.TokenOf(ApiProgram.Account)
                ? HttpStatusCode.Unauthorized
                : HttpStatusCode.OK;
        program.Api.RespondWithTokens = _ => outcome == "failed" ? HttpStatusCode.Forbidden : HttpStatusCode.OK;
        if (outcome == "not_replaced")
        {
            await program.ClientOf().GetAsync("api/v1/account");
        }

        var before = Rejections(program);
        var call = outcome == "replaced_not_resent"
            ? program.ClientOf().PostAsync("api/v1/files", new StreamContent(new OneWayStream([1])))
            : program.ClientOf().GetAsync("api/v1/account");
        _ = await Record.ExceptionAsync(() => call);

        Assert.Equal([(outcome, 1)], Rejections(program).Except(before));
    }

    [Fact]
    public async Task The_response_that_rejected_a_token_is_disposed_of_when_the_refresh_fails()
    {
        var responses = new List<DisposalRecord>();
        await using var program = new ApiProgram(primary: api => new Recorder(responses, api.CreateHandler()));
        await program.ConnectAsync();
        program.Api.Respond = _ => HttpStatusCode.Unauthorized;
        program.Api.RespondWithTokens = _ => HttpStatusCode.Forbidden;
        responses.Clear();

        await Assert.ThrowsAsync<TokenRequestException>(() => program.ClientOf().GetAsync("api/v1/account"));

        Assert.True(Assert.Single(responses).IsDisposed);
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task Any_other_response_is_passed_on(HttpStatusCode status)
    {
        await using var program = new ApiProgram();
        await program.ConnectAsync();
        program.Api.Respond = _ => status;

        using var response = await program.ClientOf().GetAsync("api/v1/account");

        Assert.Equal(status, response.StatusCode);
        Assert.Single(program.Api.Requests);
        Assert.Equal(0, program.Api.Refreshes);
    }

    [Theory]
    [InlineData("https://api-demo.airwallex.com/a", 1)]
    [InlineData("https://other.example/a", 0)]
    [InlineData(null, 1)] // Unknown: then it is the address of the request.
    public async Task The_host_that_responded_says_whose_401_it_is(string? responder, int refreshes)
    {
        await using var program = new ApiProgram(primary: api => new Responder(responder, api.CreateHandler()));
        await program.ConnectAsync();
        Reject(program, ApiDouble.TokenOf(ApiProgram.Account));

        await program.ClientOf().GetAsync("a");

        Assert.Equal(refreshes, program.Api.Refreshes);
    }

    private static List<(string? Outcome, long Count)> Rejections(ApiProgram program) =>
    [
        .. program.Get<AirwallexApplications>().Get("").Telemetry.Counts.Rejections
            .Observe(new("application", "default"))
            .Where(rejection => rejection.Value > 0)
            .Select(rejection => (rejection.Tags[1].Value as string, rejection.Value)),
    ];

    internal static void Reject(ApiProgram program, string token) => program.Api.Respond =
        request => request.Token == token ? HttpStatusCode.Unauthorized : HttpStatusCode.OK;

    private sealed class DisposalRecord(HttpStatusCode status, string path) : StringContent("the response")
    {
        public HttpStatusCode Status { get; } = status;

        public string Path { get; } = path;

        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class Recorder(List<DisposalRecord> responses, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath != "/oauth/token")
            {
                var content = new DisposalRecord(response.StatusCode, request.RequestUri.AbsolutePath);
                responses.Add(content);
                response.Content = content;
            }

            return response;
        }
    }

    private sealed class Responder(string? address, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            response.RequestMessage = address is null ? null : new HttpRequestMessage(request.Method, address);
            return response;
        }
    }
}
