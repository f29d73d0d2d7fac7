using System.Net.Http.Headers;
using System.Text.Json;
using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Clients as NSwag generates them: a URL that is built as text, a message of its own for each call.</summary>
public sealed class NSwagStyleTests
{
    [Fact]
    public async Task A_generated_client_calls_the_API_and_gets_another_token_after_a_401()
    {
        await using var program = new SimulatedProgram(
            after: services =>
                services.AddHttpClient<GeneratedClient>().AddAirwallexToken(_ => SimulatedProgram.Account));
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));

        var account = await program.Get<GeneratedClient>().AccountGETAsync();

        Assert.Equal(SimulatedProgram.Account, account);
        Assert.Equal([401, 200], program.ApiRequests.Select(request => request.Status));
        Assert.Equal(1, program.Refreshes);
    }

    private sealed class GeneratedClient(HttpClient httpClient)
    {
        public async Task<string> AccountGETAsync(CancellationToken cancellationToken = default)
        {
            using var request = new HttpRequestMessage { Method = new HttpMethod("GET") };
            request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/json"));
            request.RequestUri = new Uri("api/v1/account", UriKind.RelativeOrAbsolute);
            using var response = await httpClient.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var body = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            return body.RootElement.GetProperty("id").GetString()!;
        }
    }
}
