namespace Airwallex.OAuth;

/// <summary>
/// Where the API of one application is, now: a change of the options takes effect in pooled handlers and in clients
/// that are held. Thread-safe.
/// </summary>
internal sealed class ApiAddress(AirwallexApplication application)
{
    private readonly object _gate = new(); // Guards the writes of _handedOut.
    private volatile ApiSettings? _settings;
    private volatile Uri[] _handedOut = [];

    public AirwallexApplication Application { get; } = application;

    /// <summary>What the options of this moment say. Costs a look at them, and allocates only after a change.</summary>
    public ApiSettings Settings
    {
        get
        {
            var options = Application.Options;
            return _settings is { } known && ReferenceEquals(known.Options, options)
                ? known
                : _settings = new ApiSettings(options);
        }
    }

    /// <summary>The base address for a new client, which may hold it longer than it is valid.</summary>
    public Uri HandOutBaseAddress()
    {
        var address = Settings.BaseAddress;
        lock (_gate)
        {
            if (!_handedOut.Contains(address))
            {
                _handedOut = [.. _handedOut, address];
            }
        }

        return address;
    }

    /// <summary>
    /// The address as it is now: an address below a base address that a client was given earlier moves below the
    /// present one. Any other is left alone.
    /// </summary>
    public Uri? Update(Uri? address, ApiSettings settings)
    {
        var former = _handedOut;
        return address is not { IsAbsoluteUri: true } || former.Length == 0
            || (former.Length == 1 && IsSame(former[0], settings.BaseAddress))
            ? address
            : Move(address, former, settings.BaseAddress);
    }

    // Until the options change it is the same object, which is the cheaper comparison.
    private static bool IsSame(Uri former, Uri present) => ReferenceEquals(former, present) || former.Equals(present);

    private static Uri Move(Uri address, Uri[] former, Uri present)
    {
        var text = address.AbsoluteUri;
        var start = former.Append(present)
            .Select(one => one.AbsoluteUri)
            .Where(one => text.StartsWith(one, StringComparison.Ordinal))
            .MaxBy(one => one.Length);
        return start is null || start == present.AbsoluteUri
            ? address
            : new Uri(present.AbsoluteUri + text[start.Length..]);
    }
}
