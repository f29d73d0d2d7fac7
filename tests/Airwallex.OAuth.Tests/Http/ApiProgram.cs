using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>A program without a host that calls the API through the library, on a clock of its own.</summary>
internal sealed class ApiProgram : IAsyncDisposable
{
    public const string Account = "acct_one";

    private readonly ServiceProvider _services;

    /// <param name="register">Registers what a test needs beside the library.</param>
    /// <param name="configure">Changes options.</param>
    /// <param name="primary">
    /// Makes the primary handler of every client, as a program sets it for all. Default: the double.
    /// </param>
    public ApiProgram(
        Action<IServiceCollection>? register = null,
        Action<AirwallexOAuthOptions>? configure = null,
        Func<ApiDouble, HttpMessageHandler>? primary = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(
            () => primary is null ? Api.CreateHandler() : primary(Api)));
        Builder = services.AddAirwallexOAuth(options =>
        {
            (options.ClientId, options.ClientSecret) = ("client-id", "client-secret");
            options.RedirectUri = new Uri("http://localhost/callback");
            configure?.Invoke(options);
        }).AddTokenStore<InMemoryTokenStore>();
        register?.Invoke(services);
        _services = services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public AirwallexOAuthBuilder Builder { get; }

    public ApiDouble Api { get; } = new();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));

    public IServiceProvider Services => _services;

    public AirwallexConnections Connections => Get<AirwallexConnections>();

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public HttpClient Client(string name) => Get<IHttpClientFactory>().CreateClient(name);

    public HttpClient ClientOf(string accountId = Account) => Get<AirwallexClientFactory>().CreateClient(accountId);

    public Task ConnectAsync(string accountId = Account) => Connections.ConnectAsync(accountId);

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
