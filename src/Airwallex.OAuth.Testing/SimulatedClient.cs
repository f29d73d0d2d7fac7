namespace Airwallex.OAuth.Testing;

/// <summary>
/// An application that the simulated Airwallex knows: <see cref="AirwallexSimulator.DefaultClient"/>, or one that
/// <see cref="AirwallexSimulator.AddClient"/> made. Codes and tokens belong to the client that they were issued to.
/// Thread-safe.
/// </summary>
public sealed class SimulatedClient
{
    // Replaced whole, so that readers need no lock. Written under the lock of the client.
    private volatile IReadOnlyList<Uri> _redirectUris;
    private volatile string _clientSecret;
    private volatile bool _allowsLoopback;
    private readonly object _gate = new();

    internal SimulatedClient(
        string clientId, string clientSecret, string applicationName, IEnumerable<Uri> redirectUris)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(clientId);
        ArgumentException.ThrowIfNullOrWhiteSpace(clientSecret);
        ArgumentException.ThrowIfNullOrWhiteSpace(applicationName);
        ClientId = clientId;
        ApplicationName = applicationName;
        _clientSecret = clientSecret;
        _redirectUris = [.. redirectUris];
        if (_redirectUris.Any(uri => !uri.IsAbsoluteUri))
        {
            throw new ArgumentException(
                "Every redirect URI of a simulated client must be absolute.", nameof(redirectUris));
        }
    }

    /// <summary>The client id.</summary>
    public string ClientId { get; }

    /// <summary>The client secret that the token endpoint asks for now.</summary>
    public string ClientSecret => _clientSecret;

    /// <summary>The application's name on the consent page.</summary>
    public string ApplicationName { get; }

    /// <summary>The whitelisted redirect URIs, compared exactly. A copy.</summary>
    public IReadOnlyList<Uri> RedirectUris => _redirectUris;

    /// <summary>Whitelists one more redirect URI, such as that of an app whose port was not known before.</summary>
    /// <param name="redirectUri">The absolute redirect URI.</param>
    /// <exception cref="ArgumentException">The redirect URI is not absolute.</exception>
    public void AllowRedirectUri(Uri redirectUri)
    {
        ArgumentNullException.ThrowIfNull(redirectUri);
        if (!redirectUri.IsAbsoluteUri)
        {
            throw new ArgumentException($"The redirect URI {redirectUri} is not absolute.", nameof(redirectUri));
        }

        lock (_gate)
        {
            // First, because it is the program's own.
            _redirectUris = _redirectUris.Contains(redirectUri) ? _redirectUris : [redirectUri, .. _redirectUris];
        }
    }

    /// <summary>Whitelists every redirect URI on this machine, whatever its port and path.</summary>
    public void AllowLoopbackRedirectUris() => _allowsLoopback = true;

    /// <summary>Changes the client secret that the token endpoint asks for, from now on.</summary>
    /// <param name="clientSecret">The new one. Never put a real one here.</param>
    public void ChangeSecret(string clientSecret)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(clientSecret);
        _clientSecret = clientSecret;
    }

    /// <summary>The client id.</summary>
    public override string ToString() => ClientId;

    // A Uri may gain a slash ("http://localhost:5000" becomes "http://localhost:5000/"): both spellings are the
    // caller's.
    internal bool Allows(string? redirectUri) => redirectUri is not null
        && (_redirectUris.Any(uri => uri.OriginalString == redirectUri || uri.AbsoluteUri == redirectUri)
            || (
                _allowsLoopback && Uri.TryCreate(
                    redirectUri, UriKind.Absolute, out var absolute) && absolute.IsLoopback));
}
