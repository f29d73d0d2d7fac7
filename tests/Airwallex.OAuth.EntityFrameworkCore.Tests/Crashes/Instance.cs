using System.Data.Common;
using Airwallex.OAuth.EntityFrameworkCore.Tests.Databases;
using Airwallex.OAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>
/// An instance of an application inside the test's process, with a database that fails at random. Killed, it reaches neither the database nor the
/// server any more, and no answer reaches it: as if its process were gone.
/// </summary>
internal sealed class Instance : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Death _death = new();

    private Instance(CrashSettings settings, TestDatabase database, KeyFolder keys, AirwallexSimulator simulator, Random? storeFaults)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(Logs).SetMinimumLevel(LogLevel.Critical).AddFilter("Airwallex.OAuth", LogLevel.Debug);
        builder.Services.AddDataProtection().SetApplicationName("crash").PersistKeysToFileSystem(keys.Folder);
        database.AddStore(
            builder.Services.AddAirwallexOAuth(options => settings.Configure(options, simulator.BaseAddress)),
            configure: options => options.AddInterceptors(new UnreliableDatabase(_death, storeFaults)));
        foreach (var client in new[] { AirwallexOAuthServiceCollectionExtensions.TokenClientName, AirwallexClientFactory.ClientName })
        {
            builder.Services.AddHttpClient(client).ConfigurePrimaryHttpMessageHandler(() => new UnreachableOnceDead(_death) { InnerHandler = simulator.CreateHandler() });
        }

        _host = builder.Build();
    }

    public LogRecords Logs { get; } = new();

    public AirwallexConnections Connections => _host.Services.GetRequiredService<AirwallexConnections>();

    public AirwallexClientFactory Clients => _host.Services.GetRequiredService<AirwallexClientFactory>();

    public bool IsDead => _death.HasCome;

    public static async Task<Instance> StartAsync(CrashSettings settings, TestDatabase database, KeyFolder keys, AirwallexSimulator simulator, Random? storeFaults = null)
    {
        var instance = new Instance(settings, database, keys, simulator, storeFaults);
        await instance._host.StartAsync();
        return instance;
    }

    public void Kill() => _death.HasCome = true;

    /// <summary>Ends it in good order, or clears away what is left of a dead one.</summary>
    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        if (IsDead)
        {
            await atOnce.CancelAsync();
        }

        try
        {
            await _host.StopAsync(atOnce.Token);
        }
        catch (OperationCanceledException)
        {
            // It still tries to save what it can save no more.
        }

        _host.Dispose();
    }

    private sealed class Death
    {
        private volatile bool _hasCome;

        public bool HasCome
        {
            get => _hasCome;
            set => _hasCome = value;
        }

        public void Check()
        {
            if (_hasCome)
            {
                throw new ConnectionBrokenException();
            }
        }
    }

    /// <summary>One in thirty statements fails before it has taken effect, one in thirty after.</summary>
    private sealed class UnreliableDatabase(Death death, Random? faults) : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            MayFail();
            return ValueTask.FromResult(result);
        }

        public override ValueTask<int> NonQueryExecutedAsync(
            DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
        {
            MayFail();
            return ValueTask.FromResult(result);
        }

        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            MayFail();
            return ValueTask.FromResult(result);
        }

        private void MayFail()
        {
            death.Check();
            if (faults is not null)
            {
                lock (faults)
                {
                    if (faults.Next(30) == 0)
                    {
                        throw new ConnectionBrokenException();
                    }
                }
            }
        }
    }

    private sealed class UnreachableOnceDead(Death death) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            ThrowIfDead();
            var response = await base.SendAsync(request, cancellationToken);
            ThrowIfDead();
            return response;
        }

        private void ThrowIfDead()
        {
            if (death.HasCome)
            {
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "The instance is dead.");
            }
        }
    }
}
