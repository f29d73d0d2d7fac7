namespace Airwallex.OAuth.AspNetCore;

/// <summary>How Airwallex's webhooks are received. A changed value takes effect without a restart.</summary>
public sealed class WebhookOptions
{
    /// <summary>
    /// The secrets of the webhook subscriptions, as Airwallex shows them. An event signed with any of them is accepted,
    /// so that a new secret can be added before the old one is removed. Default: those of the section that
    /// <c>AddAirwallexOAuth</c> was given, <c>Airwallex:Webhooks:Secrets</c>, which reload with it. Without a secret,
    /// every webhook gets a 503, so that Airwallex delivers it again once there is one.
    /// </summary>
    public IList<string> Secrets { get; set; } = [];

    /// <summary>
    /// How far an event's <c>x-timestamp</c> may be from our clock. Default: 4 days. At least 1 min, at most 31 days.
    /// Airwallex delivers for three days what was not acknowledged, and a redelivery may keep the first delivery's
    /// time.
    /// </summary>
    /// <remarks>Airwallex's page "Listen for webhook events".</remarks>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(4);

    /// <summary>
    /// Called for every event, disconnections included, before it is acknowledged. Default: null, nothing. What it
    /// throws is logged and makes Airwallex deliver the event again, over about three days. Return soon: Airwallex
    /// takes a late response for a failure. A reported disconnection is stored meanwhile, whatever this does.
    /// </summary>
    /// <remarks>
    /// The same event may come more than once, and events in any order. Be idempotent on <see cref="WebhookEvent.Id"/>;
    /// <see cref="WebhookEvent.CreatedAt"/> tells the order.
    /// </remarks>
    public Func<WebhookContext, Task>? OnEvent { get; set; }
}
