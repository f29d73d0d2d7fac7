using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Testing.Tests;

public sealed class MappedIntoAppTests
{
    [Fact]
    public async Task The_simulator_can_be_part_of_an_app()
    {
        var simulator = new AirwallexSimulator(new() { AutoConsent = true });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.MapAirwallexSimulator(simulator);
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        var address = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var http = new HttpClient(handler) { BaseAddress = address };

        using var authorize = await http.GetAsync(
            "oauth/authorize?response_type=code&client_id=simulated-client-id" +
            "&redirect_uri=http://localhost/callback&state=s&scope=x");
        using var api = await http.GetAsync("api/v1/account");

        Assert.Equal(HttpStatusCode.SeeOther, authorize.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, api.StatusCode);
    }
}
