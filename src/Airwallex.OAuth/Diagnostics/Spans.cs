using System.Diagnostics;

namespace Airwallex.OAuth;

/// <summary>
/// The activity source, and spans made after the fact: what happened is emitted when it is over, on a queue, so that a
/// listener that hangs or throws holds up no refresh.
/// </summary>
internal static class Spans
{
    // Made on a queue: making it calls the listeners too. One for the process: the runtime keeps every source.
    private static readonly Lazy<ActivitySource?> s_source = new(CreateSource);

    /// <summary>Whether anybody may be interested. Calls no listener.</summary>
    public static bool AreWanted => !s_source.IsValueCreated || s_source.Value is { } source && source.HasListeners();

    /// <summary>Emits a refresh and its token requests. Calls the listeners, so it belongs on a queue.</summary>
    public static void Emit(Span refresh, IEnumerable<Span> requests)
    {
        if (s_source.Value is not { } source)
        {
            return;
        }

        var before = Activity.Current;
        Activity.Current = null;
        try
        {
            using var parent = Start(source, refresh, ActivityKind.Internal, default);
            if (parent is null)
            {
                return;
            }

            foreach (var request in requests)
            {
                using var child = Start(source, request, ActivityKind.Client, parent.Context);
                child?.SetEndTime(request.EndedAt.UtcDateTime);
            }

            parent.SetEndTime(refresh.EndedAt.UtcDateTime);
        }
        finally
        {
            Activity.Current = before; // A listener that throws leaves its own behind.
        }
    }

    private static Activity? Start(ActivitySource source, Span span, ActivityKind kind, ActivityContext parent)
    {
        ActivityLink[]? links = span.StartedBy == default ? null : [new ActivityLink(span.StartedBy)];
        var activity = source.StartActivity(span.Name, kind, parent, span.Tags, links, span.StartedAt);
        if (activity is not { IsAllDataRequested: true })
        {
            return activity;
        }

        foreach (var happened in span.Events)
        {
            activity.AddEvent(happened);
        }

        return span.IsError ? activity.SetStatus(ActivityStatusCode.Error) : activity;
    }

    private static ActivitySource? CreateSource()
    {
        try
        {
            return new ActivitySource(AirwallexOAuthDiagnostics.ActivitySourceName, AirwallexOAuthDiagnostics.Version);
        }
#pragma warning disable CA1031 // A listener threw while it was told: there are no spans then.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>What becomes an activity.</summary>
    internal sealed class Span(string name, DateTimeOffset startedAt)
    {
        public string Name { get; } = name;

        public DateTimeOffset StartedAt { get; } = startedAt;

        public DateTimeOffset EndedAt { get; set; } = startedAt;

        /// <summary>The activity that it is linked to; default when there is none.</summary>
        public ActivityContext StartedBy { get; init; }

        public bool IsError { get; set; }

        public List<KeyValuePair<string, object?>> Tags { get; } = [];

        public List<ActivityEvent> Events { get; } = [];
    }
}
