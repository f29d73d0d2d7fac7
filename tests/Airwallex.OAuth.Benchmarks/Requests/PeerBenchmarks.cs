using Airwallex.OAuth.Benchmarks.Peers;
using BenchmarkDotNet.Attributes;

namespace Airwallex.OAuth.Benchmarks.Requests;

/// <summary>What all that send requests side by side with peers have in common.</summary>
public abstract class PeerBenchmarks : IDisposable
{
    private AirwallexPeer? _peer;

    internal Network Network { get; } = new();

    /// <summary>Airwallex.OAuth, with these accounts connected for a day.</summary>
    internal AirwallexPeer Connect(params string[] accounts)
    {
        var connected = 0;
        _peer = new AirwallexPeer(_ => Task.FromResult(Tokens.ResponseWith(accounts[connected++], 86_400)));
        foreach (var account in accounts)
        {
            _peer.ConnectAsync(account).GetAwaiter().GetResult();
        }

        return _peer;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _peer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Network.Dispose();
        GC.SuppressFinalize(this);
    }
}
