using System.ComponentModel;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// A row of the table <c>AirwallexConnections</c>: a <see cref="StoredConnection"/>. The application may adjust its
/// mapping after <c>UseAirwallexOAuth</c> and query it; only the library writes it.
/// </summary>
/// <remarks>Texts and numbers are exact on every engine. Proxies ask for virtual members and for the events.</remarks>
public class AirwallexConnectionEntity : INotifyPropertyChanging, INotifyPropertyChanged
{
    /// <summary>The Airwallex account, at most 255 characters. Key, together with <see cref="ClientId"/>.</summary>
    public virtual string AccountId { get; set; } = "";

    /// <summary>The client id that the customer authorized, at most 128 characters.</summary>
    public virtual string ClientId { get; set; } = "";

    /// <summary>The concurrency token: at most 64 ASCII characters, new with every write.</summary>
    public virtual string Version { get; set; } = "";

    /// <summary>The name of a <see cref="ConnectionStatus"/>.</summary>
    public virtual string Status { get; set; } = "";

    /// <summary>When the keep-alive renews the refresh token, in milliseconds since 1970-01-01 UTC.</summary>
    public virtual long RenewAt { get; set; }

    /// <summary>When an unfinished refresh is taken up, in the same unit; null when there is none.</summary>
    public virtual long? RecoverAt { get; set; }

    /// <summary>JSON without secrets: everything else that the library knows of the connection.</summary>
    public virtual string State { get; set; } = "";

    /// <summary>The tokens, encrypted for this account and client id alone.</summary>
    public virtual string Tokens { get; set; } = "";

    event PropertyChangingEventHandler? INotifyPropertyChanging.PropertyChanging { add { } remove { } }

    event PropertyChangedEventHandler? INotifyPropertyChanged.PropertyChanged { add { } remove { } }

    internal static AirwallexConnectionEntity Of(StoredConnection connection) => new()
    {
        AccountId = connection.AccountId,
        ClientId = connection.ClientId,
        Version = connection.Version,
        Status = connection.Status.ToString(),
        State = connection.State,
        Tokens = connection.Tokens,
        RenewAt = connection.RenewAt.ToUnixTimeMilliseconds(),
        RecoverAt = connection.RecoverAt?.ToUnixTimeMilliseconds(),
    };

    internal StoredConnection ToConnection() => new()
    {
        AccountId = AccountId,
        ClientId = ClientId,
        Version = Version,
        Status = Enum.Parse<ConnectionStatus>(Status),
        State = State,
        Tokens = Tokens,
        RenewAt = DateTimeOffset.FromUnixTimeMilliseconds(RenewAt),
        RecoverAt = ToInstant(RecoverAt),
    };

    internal static DateTimeOffset? ToInstant(long? milliseconds) =>
        milliseconds is { } value ? DateTimeOffset.FromUnixTimeMilliseconds(value) : null;
}
