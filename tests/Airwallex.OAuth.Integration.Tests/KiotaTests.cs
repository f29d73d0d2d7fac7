using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Abstractions.Serialization;
using Microsoft.Kiota.Http.HttpClientLibrary;
using Microsoft.Kiota.Serialization.Json;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>Clients that Kiota generates: request builders over a request adapter.</summary>
public sealed class KiotaTests
{
    [Fact]
    public async Task A_Kiota_client_over_a_bound_client_calls_the_API_for_its_account()
    {
        await using var program = new SimulatedProgram();
        await program.ConnectAsync();

        var account = await GetAccountAsync(program.ClientOf(SimulatedProgram.Account));

        Assert.Equal(SimulatedProgram.Account, account!.Id);
        Assert.Equal([(SimulatedProgram.Account, 200)], program.ApiRequests);
    }

    [Fact]
    public async Task A_Kiota_client_with_Kiota_s_own_handlers_gets_another_token_after_a_401()
    {
        await using var program = new SimulatedProgram(after: services =>
        {
            var client = services.AddHttpClient("kiota").AddAirwallexToken(_ => SimulatedProgram.Account);
            foreach (var handler in KiotaClientFactory.GetDefaultHandlerActivatableTypes())
            {
                services.AddTransient(handler);
                client.AddHttpMessageHandler(provider => (DelegatingHandler)provider.GetRequiredService(handler.Type));
            }
        });
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Api, Fault.Status(401));

        var account = await GetAccountAsync(program.Client("kiota"));

        Assert.Equal(SimulatedProgram.Account, account!.Id);
        Assert.Equal([401, 200], program.ApiRequests.Select(request => request.Status));
    }

    private static Task<Account?> GetAccountAsync(HttpClient http)
    {
        // As generated code does; the base address is the client's.
        var adapter = new HttpClientRequestAdapter(
            new AnonymousAuthenticationProvider(), new JsonParseNodeFactory(), new JsonSerializationWriterFactory(),
                http);
        var request = new RequestInformation
        {
            HttpMethod = Method.GET,
            UrlTemplate = "{+baseurl}/api/v1/account",
            PathParameters = new Dictionary<string, object> { ["baseurl"] = http.BaseAddress!.ToString().TrimEnd('/') },
        };
        request.Headers.TryAdd("Accept", "application/json");
        return adapter.SendAsync(request, _ => new Account());
    }

    private sealed class Account : IParsable
    {
        public string? Id { get; private set; }

        public IDictionary<string, Action<IParseNode>> GetFieldDeserializers() =>
            new Dictionary<string, Action<IParseNode>> { ["id"] = node => Id = node.GetStringValue() };

        public void Serialize(ISerializationWriter writer) => writer.WriteStringValue("id", Id);
    }
}
