namespace Airwallex.OAuth;

/// <summary>
/// Is told what happens to connections: to alert an operator, to e-mail a customer, to draw a timeline.
/// </summary>
/// <remarks>
/// <para>Observers are scoped: each event has a service scope of its own, so that an observer may inject a DbContext or
/// <see cref="AirwallexConnections"/>.</para>
/// <para>Each observer receives events one at a time and in order, after the fact, from a queue of its own that holds
/// 1,000 events. It has 30 s for each. An observer that is slow, hangs or throws holds up only itself; what its queue
/// cannot hold is dropped, counted and logged. Delivery is at most once:
/// <see cref="AirwallexConnection.StatusChangedAt"/> shows what was missed.</para>
/// </remarks>
public interface IConnectionObserver
{
    /// <summary>Called once for each event, by the instance that caused it.</summary>
    /// <param name="connectionEvent">What happened.</param>
    /// <param name="cancellationToken">Canceled when the time of the event is up or the host waits no longer.</param>
    ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken);
}
