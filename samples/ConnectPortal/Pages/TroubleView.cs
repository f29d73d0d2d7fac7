using ConnectPortal.Simulation;

namespace ConnectPortal.Pages;

/// <summary>The trouble panel: for one connection, or what needs none.</summary>
public sealed class TroubleView(SimulatedAirwallex simulation, ConnectionView? connection, Outcome? outcome)
{
    public const string Airwallex = "airwallex";
    public const string Customer = "customer";
    public const string Time = "time";

    public string? AccountId => connection?.AccountId;

    public IReadOnlyList<TroubleGroup> Groups =>
    [
        .. new[]
        {
            Group(Airwallex, "Airwallex fails", OfAirwallex()),
            Group(Customer, "The customer changes something", OfCustomer()),
            Group(Time, "Time passes", OfTime()),
        }.Where(group => group.IsShown),
    ];

    /// <summary>Changes with the buttons.</summary>
    public string Revision => string.Join(' ', Groups.SelectMany(group => group.Actions).Select(action => action.Key));

    /// <summary>The group that a button belongs to; null for buttons outside the panel.</summary>
    public static string? GroupOf(string action) => action switch
    {
        "lose-response" or "down" or "up" => Airwallex,
        "revoke" or "revoke-quietly" or "tell" or "remove-role" or "restore-role" => Customer,
        "minutes" or "days" => Time,
        _ => null,
    };

    private TroubleGroup Group(string key, string title, IEnumerable<TroubleAction> actions) => new(
        key, title, [.. actions], outcome is not null && GroupOf(outcome.Action) == key ? outcome : null);

    private bool IsDisconnected => connection is not null && simulation.IsDisconnected(connection.Connection);

    private bool IsWithoutAdminRole => connection is not null && simulation.IsWithoutAdminRole(connection.Connection);

    private IEnumerable<TroubleAction> OfAirwallex()
    {
        if (simulation.DownSince is not null)
        {
            yield return new("up", "End the outage", "Airwallex works again.", IsWayOut: true);
            yield break;
        }

        if (connection is { IsActive: true } && !IsDisconnected && !IsWithoutAdminRole)
        {
            yield return new(
                "lose-response", "Lose a response",
                "Airwallex renews the connection, but its response never arrives here.");
        }

        if (connection is null or { IsActive: true })
        {
            yield return new("down", "Start an outage", "Airwallex cannot renew any connection.");
        }
    }

    private IEnumerable<TroubleAction> OfCustomer()
    {
        if (connection is { IsActive: true } && IsDisconnected)
        {
            yield return new(
                "tell", "Deliver the message", "Airwallex's message arrives late. “Renew now” finds out as well.");
            yield break;
        }

        if (IsWithoutAdminRole)
        {
            yield return new(
                "restore-role", "Restore the admin role", "After that, “Try again” above works.", IsWayOut: true);
        }
        else if (connection is { IsActive: true })
        {
            yield return new(
                "revoke", "Disconnect at Airwallex", "The customer removes this application; Airwallex tells us.");
            yield return new(
                "revoke-quietly", "Disconnect silently", "The same, but Airwallex's message does not arrive.");
            yield return new(
                "remove-role", "Remove the admin role", "The person who agreed is not an administrator any more.");
        }
    }

    private IEnumerable<TroubleAction> OfTime()
    {
        if (connection is null or { IsActive: true })
        {
            yield return new("minutes", "Let 5 minutes pass", "Access expires. The next call renews it.");
            yield return new(
                "days", "Let 20 days pass", "Nobody calls. The permission ages, and is renewed by itself.");
        }
    }
}
