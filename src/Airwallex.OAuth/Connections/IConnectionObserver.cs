namespace Airwallex.OAuth;

/// <summary>Is told what happens to connections: to page an operator, to e-mail a customer, to draw a timeline.</summary>
/// <remarks>
/// Events are delivered one at a time, in order, after the fact: a slow observer delays later events, never a refresh. What it
/// throws is logged and goes no further. Each event is told by the instance that caused it.
/// </remarks>
public interface IConnectionObserver
{
    /// <summary>Called once for each event.</summary>
    /// <param name="connectionEvent">What happened.</param>
    /// <param name="cancellationToken">Set when the host is stopping and waits no longer.</param>
    ValueTask OnConnectionEventAsync(ConnectionEvent connectionEvent, CancellationToken cancellationToken);
}
