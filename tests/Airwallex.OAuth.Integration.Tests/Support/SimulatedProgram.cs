using Airwallex.OAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Airwallex.OAuth.Integration.Tests.Support;

/// <summary>A program without a host, against a simulated Airwallex in memory.</summary>
internal sealed class SimulatedProgram : IAsyncDisposable
{
    public const string Account = "acct_one";

    private readonly ServiceProvider _services;

    /// <param name="before">Registers what the program registers before the library.</param>
    /// <param name="after">Registers what the program registers after it.</param>
    public SimulatedProgram(Action<IServiceCollection>? before = null, Action<IServiceCollection>? after = null)
    {
        var services = new ServiceCollection();
        before?.Invoke(services);
        services.AddAirwallexOAuth(options => options.ApiVersion = "2025-04-25");
        services.UseAirwallexSimulator(Simulator);
        after?.Invoke(services);
        _services = services.BuildServiceProvider();
    }

    public AirwallexSimulator Simulator { get; } = new();

    /// <summary>The requests to the API so far: whose they were, and what became of them.</summary>
    public IEnumerable<(string? Account, int? Status)> ApiRequests => Simulator.Journal
        .Where(entry => entry.Path.StartsWith("/api/", StringComparison.Ordinal))
        .Select(entry => (entry.AccountId, entry.StatusCode));

    public int TokenRequests => Simulator.Journal.Count(entry => entry.GrantType is not null);

    public int Refreshes => Simulator.Journal.Count(entry => entry.GrantType == "refresh_token");

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public HttpClient Client(string name) => Get<IHttpClientFactory>().CreateClient(name);

    public HttpClient ClientOf(string accountId) => Get<AirwallexClientFactory>().CreateClient(accountId);

    public Task ConnectAsync(string accountId = Account) =>
        Get<AirwallexConnections>().ConnectAsync(Simulator.ConnectAccount(accountId));

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Simulator.DisposeAsync();
    }
}
