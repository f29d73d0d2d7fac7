using System.ComponentModel;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// A row of the table <c>AirwallexConnections</c>: a <see cref="StoredConnection"/>. The application may adjust its
/// mapping after <c>UseAirwallexOAuth</c> and query it; only the library writes it.
/// </summary>
/// <remarks>Lazy-loading and change-tracking proxies ask for virtual members and for the events.</remarks>
public class AirwallexConnectionEntity : INotifyPropertyChanging, INotifyPropertyChanged
{
    /// <summary>The Airwallex account, at most 255 characters. Key, together with <see cref="ClientId"/>.</summary>
    public virtual string AccountId { get; set; } = "";

    /// <summary>The client id that the customer authorized, at most 128 characters.</summary>
    public virtual string ClientId { get; set; } = "";

    /// <summary>The concurrency token: at most 64 ASCII characters, new with every write.</summary>
    public virtual string Version { get; set; } = "";

    /// <summary>Whether the connection can be used. The column holds the name.</summary>
    public virtual ConnectionStatus Status { get; set; }

    /// <summary>
    /// When the keep-alive renews the refresh token. The column holds milliseconds since 1970-01-01 UTC.
    /// </summary>
    public virtual DateTimeOffset RenewAt { get; set; }

    /// <summary>When an unfinished refresh is taken up, in the same unit; null when there is none.</summary>
    public virtual DateTimeOffset? RecoverAt { get; set; }

    /// <summary>JSON without secrets: everything else that the library knows of the connection.</summary>
    public virtual string State { get; set; } = "";

    /// <summary>The tokens, encrypted for this account and client id alone.</summary>
    public virtual string Tokens { get; set; } = "";

    event PropertyChangingEventHandler? INotifyPropertyChanging.PropertyChanging { add { } remove { } }

    event PropertyChangedEventHandler? INotifyPropertyChanged.PropertyChanged { add { } remove { } }
}
