namespace Airwallex.OAuth;

/// <summary>
/// What the store holds, as the health check asks for it: one summary for all applications and ten rows of each, read
/// at most every 15 s however many probes come. Thread-safe.
/// </summary>
internal sealed class StoreProbe(IReadOnlyList<AirwallexApplication> applications, TimeProvider time)
{
    public const int SampleSize = 10;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromSeconds(15);

    private readonly object _gate = new(); // Guards both.
    private Task<StoreFindings>? _latest;
    private long _latestAt;

    public IReadOnlyList<AirwallexApplication> Applications => applications;

    public TimeProvider Time => time;

    /// <summary>The latest findings. One probe reads, the others wait for it.</summary>
    /// <param name="cancellationToken">Cancels the wait; the reading goes on.</param>
    public Task<StoreFindings> FindAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_latest is null || (_latest.IsCompleted && time.GetElapsedTime(_latestAt) >= s_lifetime))
            {
                (_latest, _latestAt) = (ReadAsync(), time.GetTimestamp());
            }

            return _latest.WaitAsync(cancellationToken);
        }
    }

    private async Task<StoreFindings> ReadAsync()
    {
        try
        {
            // One table serves all applications.
            var summaries = applications.Count == 0
                ? []
                : await applications[0].Store.SummarizeAsync(time.GetUtcNow(), CancellationToken.None)
                    .ConfigureAwait(false);
            var samples = new List<IReadOnlyList<ConnectionState>>();
            foreach (var application in applications)
            {
                var query = new ConnectionQuery
                {
                    ClientId = application.Options.ClientId,
                    Status = ConnectionStatus.Active,
                    Limit = SampleSize,
                };
                var rows = await application.Store.ListAsync(query, CancellationToken.None).ConfigureAwait(false);
                samples.Add(await DecryptAsync(application, rows).ConfigureAwait(false));
            }

            return new StoreFindings(summaries, samples);
        }
#pragma warning disable CA1031 // Whatever a store or a key ring throws, connections cannot be read.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new StoreFindings([], []) { Failure = exception };
        }
    }

    // Data Protection may ask a key store, which may hang.
    private Task<IReadOnlyList<ConnectionState>> DecryptAsync(
        AirwallexApplication application, IReadOnlyList<StoredConnection> rows) => application.Tasks.CallAsync(
        _ => Task.FromResult<IReadOnlyList<ConnectionState>>(
            [.. rows.Take(SampleSize).Select(application.Serializer.Read)]),
        AirwallexApplication.TimingsOf(application.Options).StoreCallTimeout,
        time,
        CancellationToken.None);
}

/// <summary>What one reading found. Immutable.</summary>
/// <param name="Summaries">One for each client id of which a connection is stored.</param>
/// <param name="Samples">A few active connections of each application.</param>
internal sealed record StoreFindings(
    IReadOnlyList<ConnectionSummary> Summaries, IReadOnlyList<IReadOnlyList<ConnectionState>> Samples)
{
    /// <summary>Why nothing could be read; null when it could.</summary>
    public Exception? Failure { get; init; }
}
