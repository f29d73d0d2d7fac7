using Airwallex.OAuth.Integration.Tests.Support;
using Airwallex.OAuth.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests;

/// <summary>What the service defaults of Aspire set for all clients: resilience, and service discovery.</summary>
public sealed class ServiceDiscoveryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Service_defaults_change_nothing_for_tokens_and_the_API(bool registeredFirst)
    {
        await using var program = registeredFirst
            ? new SimulatedProgram(before: AddServiceDefaults)
            : new SimulatedProgram(after: AddServiceDefaults);
        await program.ConnectAsync();
        program.Simulator.Faults.Next(FaultTarget.Token, Fault.Status(503));

        await Assert.ThrowsAsync<TokenRequestException>(
            () => program.Get<TokenClient>().RefreshAsync("a-refresh-token"));
        using var response = await program.ClientOf(SimulatedProgram.Account).GetAsync("api/v1/account");

        Assert.True(response.IsSuccessStatusCode);
        Assert.Equal(2, program.TokenRequests); // The code, and the one that failed.
    }

    [Fact]
    public async Task Other_clients_are_still_discovered()
    {
        Uri? resolved = null;
        await using var program = new SimulatedProgram(AddServiceDefaults, services => services
            .AddHttpClient("orders", client => client.BaseAddress = new Uri("https://orders/"))
            .ConfigurePrimaryHttpMessageHandler(() => new Recorder(uri => resolved = uri)));

        await program.Client("orders").GetAsync("1");

        Assert.Equal(new Uri("https://orders.internal:8443/1"), resolved);
    }

    private static void AddServiceDefaults(IServiceCollection services)
    {
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [new("Services:orders:https:0", "https://orders.internal:8443")]).Build());
        services.AddServiceDiscovery();
        services.ConfigureHttpClientDefaults(client =>
        {
            client.AddStandardResilienceHandler(options => options.Retry.Delay = TimeSpan.Zero);
            client.AddServiceDiscovery();
        });
    }

    private sealed class Recorder(Action<Uri?> record) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            record(request.RequestUri);
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
