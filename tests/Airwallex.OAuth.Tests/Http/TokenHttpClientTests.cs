using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.Tests.Http;

/// <summary>
/// The client of the token endpoint: one call, one request, whatever the program does to all its clients.
/// </summary>
public sealed class TokenHttpClientTests
{
    public static TheoryData<string, Func<HttpMessageHandler, HttpMessageHandler>> PrimaryHandlers => new()
    {
        { "SocketsHttpHandler", inner => inner },
        { "a chain around one", inner => new Passing { InnerHandler = new Passing { InnerHandler = inner } } },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handlers_for_all_clients_do_not_wrap_it(bool defaultsFirst)
    {
        var repeated = 0;
        var services = new ServiceCollection();
        var api = new ApiDouble { RespondWithTokens = _ => HttpStatusCode.ServiceUnavailable };
        Action defaults = () => services.ConfigureHttpClientDefaults(client => client
            .AddHttpMessageHandler(() => new Repeating(() => repeated++))
            .AddAirwallexToken(_ => "acct_unknown")
            .ConfigureHttpClient(http => http.Timeout = TimeSpan.FromMilliseconds(1))
            .ConfigurePrimaryHttpMessageHandler(api.CreateHandler));
        (defaultsFirst ? defaults : static () => { })();
        Add(services);
        (defaultsFirst ? static () => { } : defaults)();
        await using var provider = services.BuildServiceProvider();

        await Assert.ThrowsAsync<TokenRequestException>(
            () => provider.GetRequiredService<TokenClient>().RefreshAsync("refresh-acct_one-1"));

        Assert.Single(api.TokenRequests);
        Assert.Equal(0, repeated);
    }

    [Fact]
    public async Task A_handler_added_to_it_in_words_applies()
    {
        var seen = 0;
        await using var program = new ApiProgram();
        var services = new ServiceCollection();
        var api = new ApiDouble();
        Add(services).TokenHttpClient
            .ConfigurePrimaryHttpMessageHandler(api.CreateHandler)
            .AddHttpMessageHandler(() => new Repeating(() => seen++));
        await using var provider = services.BuildServiceProvider();

        await provider.GetRequiredService<TokenClient>().RefreshAsync("refresh-acct_one-1");

        Assert.Equal(1, seen);
    }

    [Theory]
    [MemberData(nameof(PrimaryHandlers), DisableDiscoveryEnumeration = true)]
    public void The_primary_handler_for_all_clients_reaches_it_without_redirects_and_cookies(
        string kind, Func<HttpMessageHandler, HttpMessageHandler> wrap)
    {
        foreach (var defaultsFirst in new[] { true, false })
        {
            var proxied = new List<SocketsHttpHandler>();
            var services = new ServiceCollection();
            Action defaults = () =>
                services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(() =>
            {
                proxied.Add(new SocketsHttpHandler { Proxy = new WebProxy("http://proxy.example:3128") });
                return wrap(proxied[^1]);
            }));
            (defaultsFirst ? defaults : static () => { })();
            Add(services);
            (defaultsFirst ? static () => { } : defaults)();
            using var provider = services.BuildServiceProvider();

            provider.GetRequiredService<TokenClient>();

            var handler = Assert.Single(proxied);
            Assert.True(!handler.AllowAutoRedirect && !handler.UseCookies, kind);
        }
    }

    [Fact]
    public void A_primary_handler_set_after_everything_else_is_without_redirects_and_cookies_too()
    {
        var handler = new HttpClientHandler();
        var services = new ServiceCollection();
        Add(services);
        services.PostConfigureAll<HttpClientFactoryOptions>(
            options => options.HttpMessageHandlerBuilderActions.Add(builder => builder.PrimaryHandler = handler));
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<TokenClient>();

        Assert.False(handler.AllowAutoRedirect);
        Assert.False(handler.UseCookies);
    }

    [Fact]
    public async Task A_handler_that_is_in_use_and_follows_redirects_is_refused_in_words()
    {
        using var shared = new SocketsHttpHandler();
        using var user = new HttpMessageInvoker(shared);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => user.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/"), CancellationToken.None));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(
            () => new Passing { InnerHandler = shared }));
        Add(services);
        await using var provider = services.BuildServiceProvider();

        var refused = Assert.Throws<InvalidOperationException>(provider.GetRequiredService<TokenClient>);

        Assert.Contains("Make a new handler for each client", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_is_in_use_without_redirects_and_cookies_will_do()
    {
        using var shared = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var user = new HttpMessageInvoker(shared);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => user.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/"), CancellationToken.None));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(client => client.ConfigurePrimaryHttpMessageHandler(
            () => new Passing { InnerHandler = shared }));
        Add(services);
        await using var provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetRequiredService<TokenClient>());
    }

    [Fact]
    public async Task Nothing_of_it_is_logged_by_the_factory_even_at_trace()
    {
        var lines = new Lines();
        await using var program = new ApiProgram(services =>
        {
            services.AddLogging(logging => logging.AddProvider(lines).SetMinimumLevel(LogLevel.Trace));
            services.ConfigureHttpClientDefaults(client => client.AddDefaultLogger());
        });

        await program.ConnectAsync();
        await program.ClientOf().GetAsync("a");

        Assert.DoesNotContain(lines.Texts, line => line.Contains("client-secret", StringComparison.Ordinal));
        Assert.DoesNotContain(lines.Texts, line => line.Contains("oauth/token", StringComparison.Ordinal));
        Assert.DoesNotContain(
            lines.Texts, line => line.Contains(ApiDouble.TokenOf("acct_one"), StringComparison.Ordinal));
        Assert.Contains(lines.Texts, line => line.Contains("api-demo.airwallex.com/a", StringComparison.Ordinal));
    }

    private static AirwallexOAuthBuilder Add(IServiceCollection services) => services
        .AddAirwallexOAuth(options => (options.ClientId, options.ClientSecret) = ("client-id", "client-secret"))
        .AddTokenStore<InMemoryTokenStore>();

    private sealed class Passing : DelegatingHandler;

    private sealed class Repeating(Action called) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            called();
            var response = await base.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode ? response : await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly List<string> _texts = [];

        public string[] Texts
        {
            get
            {
                lock (_texts)
                {
                    return [.. _texts];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            lock (_texts)
            {
                _texts.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
