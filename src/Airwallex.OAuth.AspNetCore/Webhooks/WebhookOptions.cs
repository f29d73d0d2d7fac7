namespace Airwallex.OAuth.AspNetCore;

/// <summary>How Airwallex's webhooks are received. A changed value takes effect without a restart.</summary>
public sealed class WebhookOptions
{
    /// <summary>
    /// The secrets of the webhook subscriptions, as Airwallex shows them. An event signed with any of them is accepted, so that a new
    /// secret can be added before the old one is removed. Default: empty; every webhook is then answered 503, so that Airwallex
    /// delivers it again once a secret is set.
    /// </summary>
    public IList<string> Secrets { get; set; } = [];

    /// <summary>
    /// How far an event's <c>x-timestamp</c> may be from our clock, in the past or the future. Default: 5 min. It limits for how long a
    /// recorded request could be sent again.
    /// </summary>
    public TimeSpan TimestampTolerance { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Called for every event other than a disconnection; default: null, they are accepted and ignored. What it throws is logged and
    /// makes Airwallex deliver the event again, over about three days. It may see an event more than once (after a restart, or by
    /// another instance): be idempotent on <see cref="WebhookEvent.Id"/>.
    /// </summary>
    public Func<WebhookEvent, CancellationToken, Task>? OnEvent { get; set; }
}
