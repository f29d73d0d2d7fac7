using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace ConnectPortal.Timeline;

/// <summary>
/// Tells open pages, by server-sent events, that something has happened; they then fetch themselves anew.
/// </summary>
public static class LiveUpdates
{
    public static void MapLiveUpdates(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/live", (
            TimelineLog timeline, IHostApplicationLifetime lifetime, HttpResponse response, CancellationToken gone) =>
        {
            // A proxy that collects what it passes on would hold the news back.
            response.Headers["X-Accel-Buffering"] = "no";
            return TypedResults.ServerSentEvents(EventsAsync(timeline, lifetime, gone));
        });

    private static async IAsyncEnumerable<SseItem<string>> EventsAsync(
        TimelineLog timeline, IHostApplicationLifetime lifetime, [EnumeratorCancellation] CancellationToken gone)
    {
        // A portal that stops does not wait for its visitors to leave.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(gone, lifetime.ApplicationStopping);
        await using var changes = timeline.WatchAsync(end.Token).GetAsyncEnumerator(end.Token);
        while (await MoveNextAsync(changes))
        {
            yield return new SseItem<string>($"{changes.Current}", "changed");
        }
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<long> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
